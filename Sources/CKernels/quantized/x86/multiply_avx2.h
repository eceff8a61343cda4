#ifndef CK_QUANTIZED_X86_MULTIPLY_AVX2_H
#define CK_QUANTIZED_X86_MULTIPLY_AVX2_H

// What the AVX2 and AVX-VNNI versions for few and for many rows share. A panel is two halves of 8
// outputs.

#include "quantized/multiply.h"
#include "quantized/x86/format.h"

#if CK_X86

enum { HALF_OUTPUTS = CK_PANEL_OUTPUTS / 2 };

// Stands between two additions of integers that the compiler must not reorder.
#define KEEP_ORDER(sum) __asm__("" : "+x"(sum))

CK_AVX2 CK_INLINE __m256i broadcast_four(const void *bytes) {
  int32_t four;
  memcpy(&four, bytes, sizeof four);
  return _mm256_set1_epi32(four);
}

// total + (sum − zero · row_sum) · (scale · row_scale).
//
// The difference is exact: both parts are integers below 2²⁴.
CK_AVX2 CK_INLINE __m256 add_group_avx2(__m256 total, __m256i sum, __m256 scale, __m256 zero,
                                        __m256 row_scale, __m256 row_sum) {
  __m256 dot = _mm256_fnmadd_ps(zero, row_sum, _mm256_cvtepi32_ps(sum));
  return _mm256_fmadd_ps(dot, _mm256_mul_ps(scale, row_scale), total);
}

// Adds a group's terms to 16 totals of a row.
CK_AVX2 CK_INLINE void add_panel_avx2(float *total, const __m256i sum[2], const __m256 scale[2],
                                      const __m256 zero[2], float row_scale, float row_sum) {
  for (int h = 0; h < 2; h++) {
    float *target = total + h * HALF_OUTPUTS;
    _mm256_store_ps(target, add_group_avx2(_mm256_load_ps(target), sum[h], scale[h], zero[h],
                                           _mm256_set1_ps(row_scale), _mm256_set1_ps(row_sum)));
  }
}

// Stores the fewer than 8 results at the end of a row.
CK_AVX2 CK_OUTLINE void store_rest_avx2(__m256 total, CKQuantizedOutput output, float *values,
                                        ptrdiff_t first) {
  float results[HALF_OUTPUTS];
  _mm256_storeu_ps(results, total);
  for (ptrdiff_t o = 0; o < output.count - first; o++) {
    if (output.bias) results[o] += output.bias[first + o];
    if (output.scale) results[o] *= output.scale[first + o];
    values[o] = output.adds ? values[o] + results[o] : results[o];
  }
}

// Stores 8 results of a row from output `first` on; fewer, or none, at the end.
//
// (A masked store takes a dozen cycles on Zen 3.)
CK_AVX2 CK_INLINE void store_half_avx2(__m256 total, CKQuantizedOutput output, ptrdiff_t row,
                                       ptrdiff_t first) {
  float *values = output.values + row * output.stride + first;
  if (output.count - first < HALF_OUTPUTS) {
    store_rest_avx2(total, output, values, first);
    return;
  }
  if (output.bias) total = _mm256_add_ps(total, _mm256_loadu_ps(output.bias + first));
  if (output.scale) total = _mm256_mul_ps(total, _mm256_loadu_ps(output.scale + first));
  if (output.adds) total = _mm256_add_ps(total, _mm256_loadu_ps(values));
  _mm256_storeu_ps(values, total);
}

CK_AVX2 CK_INLINE void store_panel(const float *totals, CKQuantizedOutput output, ptrdiff_t row,
                                   ptrdiff_t first) {
  for (int o = 0; o < CK_PANEL_OUTPUTS; o += HALF_OUTPUTS)
    store_half_avx2(_mm256_load_ps(totals + o), output, row, first + o);
}

// Four-bit codes of a block as bytes [32][64].
CK_AVX2 CK_INLINE void unpack_codes_4(const char *block, char *codes) {
  const __m256i low = _mm256_set1_epi8(15);
  for (int v = 0; v < 32; v++, block += 32) {
    __m256i both = _mm256_load_si256((const __m256i *)block);
    __m256i *target = (__m256i *)(codes + v / 2 * 128 + v % 2 * 32);
    _mm256_store_si256(target, _mm256_and_si256(both, low));
    _mm256_store_si256(target + 2, _mm256_and_si256(_mm256_srli_epi16(both, 4), low));
  }
}

// For 8 rows of 4-bit weights (strip_avx2.c).
void ck_multiply_strip_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                            CKQuantizedOutput output);

#endif

#endif
