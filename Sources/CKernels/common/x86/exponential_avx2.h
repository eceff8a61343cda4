// Exponentials of 8 numbers, in the ranges of exponential_avx512.h.
#ifndef CK_COMMON_X86_EXPONENTIAL_AVX2_H
#define CK_COMMON_X86_EXPONENTIAL_AVX2_H

#include "common/exponential_terms.h"
#include "common/x86/target.h"

#if CK_X86

// x · 2^n for whole n, where that and x are normal numbers. NaN stays NaN.
CK_AVX2 CK_INLINE __m256 scale_by_power_avx2(__m256 x, __m256 n) {
  __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
}

// 2^x for x at most 127, relative error below 2e-7; 2^-126 from -126 down. NaN stays NaN.
CK_AVX2 CK_INLINE __m256 exp2_avx2(__m256 x) {
  x = _mm256_max_ps(_mm256_set1_ps(-126), x);
  __m256 whole = _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 part = _mm256_sub_ps(x, whole);
  __m256 sum = _mm256_set1_ps(exp2_terms[0]);
  for (int i = 1; i < CK_EXPONENTIAL_TERMS; i++) {
    sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(exp2_terms[i]));
  }
  return scale_by_power_avx2(sum, whole);
}

// e^x for x at most 88, relative error below 2e-7; e^-87 from -87 down. NaN stays NaN.
CK_AVX2 CK_INLINE __m256 exp_avx2(__m256 x) {
  x = _mm256_max_ps(_mm256_set1_ps(-87), x);
  __m256 whole = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                                 _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 part = _mm256_fnmadd_ps(whole, _mm256_set1_ps(CK_LN2_HIGH), x);
  part = _mm256_fnmadd_ps(whole, _mm256_set1_ps(CK_LN2_LOW), part);
  __m256 sum = _mm256_set1_ps(exp_terms[0]);
  for (int i = 1; i < CK_EXPONENTIAL_TERMS; i++) {
    sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(exp_terms[i]));
  }
  return scale_by_power_avx2(sum, whole);
}

#endif

#endif
