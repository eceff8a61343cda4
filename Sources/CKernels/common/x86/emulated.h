// AVX-VNNI and AVX-512 for processors that have only AVX2, from SIMDe (libsimde-dev), and what its
// version 0.7.4 lacks. Only for `make test-emulated`; the meaning of each function is that of the
// intrinsic it stands for.
#ifndef CK_COMMON_X86_EMULATED_H
#define CK_COMMON_X86_EMULATED_H

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>
#pragma clang diagnostic pop

// A vector of either type, by its elements.
typedef union {
  __m512 floats;
  __m512i integers;
  float f32[16];
  int32_t i32[16];
  uint32_t u32[16];
  int64_t i64[8];
  uint16_t u16[32];
} EmulatedVector;

#define EMULATED static inline __attribute__((always_inline, unused))
#define EACH(COUNT, STATEMENT)                                                                     \
  for (int i = 0; i < (COUNT); i++) { STATEMENT; }

// To nearest; what no int32 holds becomes the least.
EMULATED int32_t emulated_int32(float x) {
  return x >= -0x1p31f && x < 0x1p31f ? (int32_t)nearbyintf(x) : INT32_MIN;
}

EMULATED __m512 emulated_cvtepi32_ps(__m512i x) {
  EmulatedVector source = {.integers = x}, result;
  EACH(16, result.f32[i] = (float)source.i32[i])
  return result.floats;
}

EMULATED __m512i emulated_maskz_cvtps_epi32(__mmask16 mask, __m512 x) {
  EmulatedVector source = {.floats = x}, result;
  EACH(16, result.i32[i] = mask >> i & 1 ? emulated_int32(source.f32[i]) : 0)
  return result.integers;
}

EMULATED __m512i emulated_cvtepu16_epi32(__m256i x) {
  uint16_t halves[16];
  memcpy(halves, &x, sizeof halves);
  EmulatedVector result;
  EACH(16, result.u32[i] = halves[i])
  return result.integers;
}

EMULATED __m512 emulated_cvtph_ps(__m256i x) {
  uint16_t halves[16];
  memcpy(halves, &x, sizeof halves);
  EmulatedVector result;
  EACH(16, result.f32[i] = _cvtsh_ss(halves[i]))
  return result.floats;
}

EMULATED __m256i emulated_maskz_loadu_epi16(__mmask16 mask, const void *source) {
  uint16_t halves[16] = {0};
  EACH(16, if (mask >> i & 1) memcpy(halves + i, (const uint16_t *)source + i, sizeof *halves))
  __m256i result;
  memcpy(&result, halves, sizeof result);
  return result;
}

EMULATED __m512 emulated_mask_load_ps(__m512 other, __mmask16 mask, const void *source) {
  EmulatedVector result = {.floats = other};
  EACH(16, if (mask >> i & 1) memcpy(result.f32 + i, (const float *)source + i, sizeof(float)))
  return result.floats;
}

EMULATED void emulated_mask_storeu_ps(void *target, __mmask16 mask, __m512 x) {
  EmulatedVector source = {.floats = x};
  EACH(16, if (mask >> i & 1) memcpy((float *)target + i, source.f32 + i, sizeof(float)))
}

EMULATED __m512i emulated_mulhi_epu16(__m512i x, __m512i y) {
  EmulatedVector left = {.integers = x}, right = {.integers = y}, result;
  EACH(32, result.u16[i] = (uint16_t)((uint32_t)left.u16[i] * right.u16[i] >> 16))
  return result.integers;
}

EMULATED __m512i emulated_srai_epi32(__m512i x, unsigned count) {
  EmulatedVector source = {.integers = x}, result;
  EACH(16, result.i32[i] = source.i32[i] >> (count < 31 ? count : 31))
  return result.integers;
}

EMULATED __m512 emulated_shuffle_f32x4(__m512 x, __m512 y, int places) {
  EmulatedVector low = {.floats = x}, high = {.floats = y}, result;
  EACH(16, const int place = places >> (i / 4 * 2) & 3;
       result.f32[i] = (i < 8 ? low : high).f32[4 * place + i % 4])
  return result.floats;
}

EMULATED float emulated_cvtss_f32(__m512 x) {
  EmulatedVector source = {.floats = x};
  return source.f32[0];
}

// Halves are folded until one element is left.
EMULATED float emulated_reduce_add_ps(__m512 x) {
  EmulatedVector sums = {.floats = x};
  for (int half = 8; half > 0; half /= 2) EACH(half, sums.f32[i] += sums.f32[i + half])
  return sums.f32[0];
}

EMULATED float emulated_reduce_max_ps(__m512 x) {
  EmulatedVector largest = {.floats = x};
  EACH(16, if (largest.f32[i] > largest.f32[0]) largest.f32[0] = largest.f32[i])
  return largest.f32[0];
}

EMULATED uint32_t emulated_reduce_max_epu32(__m512i x) {
  EmulatedVector largest = {.integers = x};
  EACH(16, if (largest.u32[i] > largest.u32[0]) largest.u32[0] = largest.u32[i])
  return largest.u32[0];
}

EMULATED int32_t emulated_reduce_add_epi32(__m512i x) {
  EmulatedVector source = {.integers = x};
  uint32_t sum = 0;
  EACH(16, sum += source.u32[i])
  return (int32_t)sum;
}

EMULATED int64_t emulated_reduce_add_epi64(__m512i x) {
  EmulatedVector source = {.integers = x};
  uint64_t sum = 0;
  EACH(8, sum += (uint64_t)source.i64[i])
  return (int64_t)sum;
}

#undef EACH

#define _mm256_dpbusd_avx_epi32 simde_mm256_dpbusd_epi32
#define _mm256_dpwssd_avx_epi32 simde_mm256_dpwssd_epi32
#define _mm256_maskz_loadu_epi16 emulated_maskz_loadu_epi16
#define _mm512_cvtepi32_ps emulated_cvtepi32_ps
#define _mm512_cvtepu16_epi32 emulated_cvtepu16_epi32
#define _mm512_cvtph_ps emulated_cvtph_ps
#define _mm512_cvtps_epi32(x) emulated_maskz_cvtps_epi32(0xffff, x)
#define _mm512_cvtss_f32 emulated_cvtss_f32
#define _mm512_mask_load_ps emulated_mask_load_ps
#define _mm512_mask_storeu_ps emulated_mask_storeu_ps
#define _mm512_maskz_cvtps_epi32 emulated_maskz_cvtps_epi32
#define _mm512_maskz_loadu_ps(mask, source) emulated_mask_load_ps(_mm512_setzero_ps(), mask, source)
#define _mm512_mulhi_epu16 emulated_mulhi_epu16
#define _mm512_reduce_add_epi32 emulated_reduce_add_epi32
#define _mm512_reduce_add_epi64 emulated_reduce_add_epi64
#define _mm512_reduce_add_ps emulated_reduce_add_ps
#define _mm512_reduce_max_epu32 emulated_reduce_max_epu32
#define _mm512_reduce_max_ps emulated_reduce_max_ps
#define _mm512_srai_epi32 emulated_srai_epi32
// SIMDe's is a macro for AVX-512's own instruction.
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4 emulated_shuffle_f32x4

#endif
