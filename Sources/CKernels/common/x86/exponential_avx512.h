// Exponentials of 16 numbers.
#ifndef CK_COMMON_X86_EXPONENTIAL_AVX512_H
#define CK_COMMON_X86_EXPONENTIAL_AVX512_H

#include "common/exponential_terms.h"
#include "common/x86/target.h"

#if CK_X86

// 2^x for x at most 127, relative error below 2e-7; 2^-126 from -126 down, because numbers below
// that are denormal, on which products and sums take a hundred cycles. NaN stays NaN (the maximum
// of a NaN and a number is its second operand).
CK_AVX512 CK_INLINE __m512 exp2_avx512(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-126), x);
  __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 part = _mm512_sub_ps(x, whole);
  __m512 sum = _mm512_set1_ps(exp2_terms[0]);
  for (int i = 1; i < CK_EXPONENTIAL_TERMS; i++) {
    sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(exp2_terms[i]));
  }
  return _mm512_scalef_ps(sum, whole);
}

// e^x for x at most 88, relative error below 2e-7; e^-87 from -87 down, as above.
CK_AVX512 CK_INLINE __m512 exp_avx512(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-87), x);
  __m512 whole = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                                      _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 part = _mm512_fnmadd_ps(whole, _mm512_set1_ps(CK_LN2_HIGH), x);
  part = _mm512_fnmadd_ps(whole, _mm512_set1_ps(CK_LN2_LOW), part);
  __m512 sum = _mm512_set1_ps(exp_terms[0]);
  for (int i = 1; i < CK_EXPONENTIAL_TERMS; i++) {
    sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(exp_terms[i]));
  }
  return _mm512_scalef_ps(sum, whole);
}

#endif

#endif
