// How a row of scores becomes weights in float32, for one row and for many.
#ifndef CK_ATTENTION_X86_SOFTMAX_AVX512_H
#define CK_ATTENTION_X86_SOFTMAX_AVX512_H

#include <math.h>

#include "common/x86/exponential_avx512.h"
#include "common/x86/vector_avx512.h"

#if CK_X86

// A vector of partial maxima of a row's first `limit` scores.
CK_AVX512 CK_INLINE __m512 largest_scores(const float *scores, ptrdiff_t limit) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  __m512 largest = lowest, other = lowest;
  ptrdiff_t p = 0;
  for (; p + 32 <= limit; p += 32) {
    largest = _mm512_max_ps(largest, _mm512_load_ps(scores + p));
    other = _mm512_max_ps(other, _mm512_load_ps(scores + p + 16));
  }
  for (; p < limit; p += 16) {
    largest =
        _mm512_max_ps(largest, _mm512_mask_load_ps(lowest, elements_within(limit - p), scores + p));
  }
  return _mm512_max_ps(largest, other);
}

// Replaces a row's first `limit` scores by their exponentials after `largest` is subtracted, and
// the rest up to `positions` by zeros; returns a vector of partial sums.
CK_AVX512 CK_INLINE __m512 exponential_row(float *scores, ptrdiff_t limit, ptrdiff_t positions,
                                           float largest) {
  __m512 sums = _mm512_setzero_ps(), top = _mm512_set1_ps(largest);
  for (ptrdiff_t p = 0; p < positions; p += 16) {
    __mmask16 mask = elements_within(limit - p);
    __m512 power = exp2_avx512(_mm512_sub_ps(_mm512_load_ps(scores + p), top));
    __m512 weights = _mm512_maskz_mov_ps(mask, power);
    sums = _mm512_add_ps(sums, weights);
    _mm512_store_ps(scores + p, weights);
  }
  return sums;
}

#endif

#endif
