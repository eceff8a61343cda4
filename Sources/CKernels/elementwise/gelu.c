// x · Φ(x) = x / 2 · (1 + erf(x / √2)) = x / 2 · erfc(-x / √2)
//
// Roofline. An element is read and written (8 bytes, about 2 cycles of memory's time per core where
// the rows do not fit a cache); 16 elements take about 35 operations, one cycle each element at
// worst: bound by memory, or by arithmetic on rows in L2.
#include <math.h>

#include "common/x86/exponential_avx2.h"
#include "common/x86/exponential_avx512.h"
#include "common/x86/vector_avx512.h"
#include "include/elementwise.h"

static void gelu_scalar(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) x[i] = 0.5f * x[i] * erfcf(x[i] * -0.70710678118654752f);
}

#if CK_X86

// Φ(-t) = e^(-t²/2) · u · P(u) with u = 1 / (1 + 0.35·t), t = |x|: the form of Abramowitz and
// Stegun 7.1.26, with P (highest power first) of degree 8 fitted to the relative error over t in
// 0...14 (Lawson's iteration over 4000 Chebyshev nodes; 3.2e-8). No two numbers of like size are
// subtracted in either tail.
#define TAIL_TERMS 9

static const float tail_terms[TAIL_TERMS] = {
    -0.029145939275622368f, 0.1439717411994934f,    -0.2557143568992615f,
    0.15917426347732544f,   -0.023109903559088707f, 0.10550802946090698f,
    0.11983285844326019f,   0.13986186683177948f,   0.13962140679359436f};

CK_AVX512 static __m512 gelu16_avx512(__m512 x) {
  const __m512 one = _mm512_set1_ps(1);
  // From 14.5 on e^(-t²/2) is zero.
  __m512 t = _mm512_min_ps(_mm512_abs_ps(x), _mm512_set1_ps(15));
  __m512 u = _mm512_div_ps(one, _mm512_fmadd_ps(t, _mm512_set1_ps(0.35f), one));
  __m512 sum = _mm512_set1_ps(tail_terms[0]);
  for (int i = 1; i < TAIL_TERMS; i++) sum = _mm512_fmadd_ps(sum, u, _mm512_set1_ps(tail_terms[i]));
  __m512 power = exp_avx512(_mm512_mul_ps(_mm512_mul_ps(t, t), _mm512_set1_ps(-0.5f)));
  __m512 tail = _mm512_mul_ps(_mm512_mul_ps(power, u), sum);
  __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(x));
  __m512 probability = _mm512_mask_mov_ps(_mm512_sub_ps(one, tail), negative, tail);
  return _mm512_mul_ps(x, probability);
}

CK_AVX2 static __m256 gelu8_avx2(__m256 x) {
  const __m256 one = _mm256_set1_ps(1), sign = _mm256_set1_ps(-0.0f);
  __m256 t = _mm256_min_ps(_mm256_set1_ps(15), _mm256_andnot_ps(sign, x));
  __m256 u = _mm256_div_ps(one, _mm256_fmadd_ps(t, _mm256_set1_ps(0.35f), one));
  __m256 sum = _mm256_set1_ps(tail_terms[0]);
  for (int i = 1; i < TAIL_TERMS; i++) sum = _mm256_fmadd_ps(sum, u, _mm256_set1_ps(tail_terms[i]));
  __m256 power = exp_avx2(_mm256_mul_ps(_mm256_mul_ps(t, t), _mm256_set1_ps(-0.5f)));
  __m256 tail = _mm256_mul_ps(_mm256_mul_ps(power, u), sum);
  return _mm256_mul_ps(x, _mm256_blendv_ps(_mm256_sub_ps(one, tail), tail, x));
}

CK_AVX2 static void gelu_avx2(float *x, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(x + i, gelu8_avx2(_mm256_loadu_ps(x + i)));
  float rest[8] = {0};
  if (i < count) {
    memcpy(rest, x + i, (size_t)(count - i) * sizeof *x);
    _mm256_storeu_ps(rest, gelu8_avx2(_mm256_loadu_ps(rest)));
    memcpy(x + i, rest, (size_t)(count - i) * sizeof *x);
  }
}

CK_AVX512 static void gelu_avx512(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes_avx512(count - i);
    _mm512_mask_storeu_ps(x + i, mask, gelu16_avx512(_mm512_maskz_loadu_ps(mask, x + i)));
  }
}

#endif

void ck_gelu(float *x, ptrdiff_t count, CKInstructionSet set) {
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) {
    gelu_avx512(x, count);
    return;
  }
  if (set >= CKInstructionSetAVX2) return gelu_avx2(x, count);
#endif
  (void)set;
  gelu_scalar(x, count);
}

// For results that become codes of 8 bits: Φ(x) = 1/2 + x · P(x²) up to |x| = 4.25, there 0 or 1,
// with P of degree 7 (lowest power first). Fitted to the error of x · Φ(x), at most 9.4e-5
// (Lawson's iteration over 2000 Chebyshev nodes, the end held), a hundredth of a code where the
// largest result is 1. 13 operations instead of 35 and a division.
CK_INLINE void approximate(const float *x, ptrdiff_t count, float *output) {
  static const float terms[] = {0.39842004f,    -0.0654535f,    0.009257823f,   -0.0009404476f,
                                6.5527092e-05f, -2.938802e-06f, 7.5708307e-08f, -8.460405e-10f};
  const float end = 4.25f;
  for (ptrdiff_t i = 0; i < count; i++) {
    float above = x[i] < -end ? -end : x[i];
    float t = above > end ? end : above;
    float square = t * t, sum = terms[7];
    for (int k = 6; k >= 0; k--) sum = sum * square + terms[k];
    output[i] = above * (t * sum + 0.5f);
  }
}

#if CK_X86
CK_AVX512 static void approximate_avx512(const float *x, ptrdiff_t count, float *output) {
  approximate(x, count, output);
}

CK_AVX2 static void approximate_avx2(const float *x, ptrdiff_t count, float *output) {
  approximate(x, count, output);
}
#endif

void ck_gelu_approximate(const float *x, ptrdiff_t count, float *output, CKInstructionSet set) {
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) return approximate_avx512(x, count, output);
  if (set >= CKInstructionSetAVX2) return approximate_avx2(x, count, output);
#endif
  (void)set;
  approximate(x, count, output);
}
