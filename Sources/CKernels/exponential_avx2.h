/* Exponentials of 8 numbers; polynomials and ranges as in exponential_avx512.h. */
#ifndef CK_EXPONENTIAL_AVX2_H
#define CK_EXPONENTIAL_AVX2_H

#include "internal.h"

#if CK_X86

/* x · 2^n for whole n from -126 to 127. */
CK_AVX2 CK_INLINE __m256 scale_by_power_avx2(__m256 x, __m256 n) {
  __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}

/* 2^x for x at most 127, relative error below 2e-7; 2^-126 from -126 down. NaN stays NaN. */
CK_AVX2 CK_INLINE __m256 exp2_avx2(__m256 x) {
  x = _mm256_max_ps(_mm256_set1_ps(-126), x);
  __m256 whole = _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 part = _mm256_sub_ps(x, whole);
  __m256 sum = _mm256_set1_ps(1.53458109e-4f);
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(1.33999309e-3f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(9.61848907e-3f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(5.55032864e-2f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(2.40226462e-1f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(6.93147182e-1f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(1));
  return scale_by_power_avx2(sum, whole);
}

/* e^x for x at most 88, relative error below 2e-7; e^-87 from -87 down. NaN stays NaN. */
CK_AVX2 CK_INLINE __m256 exp_avx2(__m256 x) {
  x = _mm256_max_ps(_mm256_set1_ps(-87), x);
  __m256 whole = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                                 _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 part = _mm256_fnmadd_ps(whole, _mm256_set1_ps(0.693359375f), x);
  part = _mm256_fnmadd_ps(whole, _mm256_set1_ps(-2.12194440e-4f), part);
  __m256 sum = _mm256_set1_ps(1.38368376e-3f);
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(8.37482233e-3f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(4.16682251e-2f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(1.66664198e-1f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(4.99999911e-1f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(1));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(1));
  return scale_by_power_avx2(sum, whole);
}

#endif

#endif
