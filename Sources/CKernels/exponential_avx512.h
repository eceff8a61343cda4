/* Exponentials of 16 numbers. The polynomials are minimax fits of the relative error (Lawson's
   iteration over 4000 Chebyshev nodes), below 2e-9 before rounding. */
#ifndef CK_EXPONENTIAL_AVX512_H
#define CK_EXPONENTIAL_AVX512_H

#include "internal.h"

#if CK_X86

/* 2^x for x at most 127, relative error below 2e-7; 2^-126 from -126 down, because numbers below
   that are denormal, on which products and sums take a hundred cycles. NaN stays NaN (the maximum
   of a NaN and a number is its second operand). */
CK_AVX512VNNI CK_INLINE __m512 exp2_avx512(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-126), x);
  __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 part = _mm512_sub_ps(x, whole);
  __m512 sum = _mm512_set1_ps(1.53458109e-4f);
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(1.33999309e-3f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(9.61848907e-3f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(5.55032864e-2f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(2.40226462e-1f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(6.93147182e-1f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(1));
  return _mm512_scalef_ps(sum, whole);
}

/* e^x for x at most 88, relative error below 2e-7; e^-87 from -87 down, as above. */
CK_AVX512VNNI CK_INLINE __m512 exp_avx512(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-87), x);
  __m512 whole = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                                      _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  /* ln 2 in two parts, the first with so few bits that its multiples are exact. */
  __m512 part = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0.693359375f), x);
  part = _mm512_fnmadd_ps(whole, _mm512_set1_ps(-2.12194440e-4f), part);
  __m512 sum = _mm512_set1_ps(1.38368376e-3f);
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(8.37482233e-3f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(4.16682251e-2f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(1.66664198e-1f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(4.99999911e-1f));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(1));
  sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(1));
  return _mm512_scalef_ps(sum, whole);
}

#endif

#endif
