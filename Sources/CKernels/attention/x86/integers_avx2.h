// Int16 codes of queries, keys, values and weights, for attend_row_256.h and attend_rows_256.h.
#ifndef CK_ATTENTION_X86_INTEGERS_AVX2_H
#define CK_ATTENTION_X86_INTEGERS_AVX2_H

#include <math.h>

#include "attention/cache_codes.h"
#include "attention/x86/microtile_256.h"

#if CK_X86

// The larger magnitude of each element; a NaN is larger than all numbers.
CK_AVX2 CK_INLINE __m256 larger(__m256 magnitude, __m256 x) {
  __m256 other = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
  return _mm256_castsi256_ps(
      _mm256_max_epi32(_mm256_castps_si256(magnitude), _mm256_castps_si256(other)));
}

// The factor that turns numbers of at most `magnitude` into codes of at most `limit`; 0 if they are
// too small for one.
CK_AVX2 CK_INLINE __m256 inverse_scale(__m256 magnitude, float limit) {
  __m256 usable = _mm256_cmp_ps(magnitude, _mm256_set1_ps(1e-30f), _CMP_GT_OQ);
  return _mm256_and_ps(usable, _mm256_div_ps(_mm256_set1_ps(limit), magnitude));
}

// Pairs of codes from two vectors: `low` in the low halves.
CK_AVX2 CK_INLINE __m256 code_pairs(__m256 low, __m256 high, __m256 factor) {
  __m256i first = _mm256_cvtps_epi32(_mm256_mul_ps(low, factor));
  __m256i second = _mm256_cvtps_epi32(_mm256_mul_ps(high, factor));
  return _mm256_castsi256_ps(_mm256_blend_epi16(first, _mm256_slli_epi32(second, 16), 0xaa));
}

// Turns `count` vectors of floats, `step` apart, into pairs of codes of neighbours in place: half
// as many vectors, as far apart. A zero follows the last.
CK_AVX2 CK_INLINE void pack_pairs(float *vectors, const ptrdiff_t step, ptrdiff_t count,
                                  __m256 factor) {
  for (ptrdiff_t i = 0; i < count; i += 2) {
    __m256 low = _mm256_load_ps(vectors + i * step), high = _mm256_setzero_ps();
    if (i + 1 < count) high = _mm256_load_ps(vectors + (i + 1) * step);
    _mm256_store_ps(vectors + i / 2 * step, code_pairs(low, high, factor));
  }
}

// The largest magnitude of each element.
CK_AVX2 CK_INLINE __m256 largest_magnitude(const float *vectors, const ptrdiff_t step,
                                           ptrdiff_t count) {
  __m256 largest = _mm256_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i++) {
    largest = larger(largest, _mm256_load_ps(vectors + i * step));
  }
  return largest;
}

// Turns 8 queries or keys, [width] vectors `step` apart, into pairs of codes, bounded by their norm
// as cache_codes.h has them, and stores their scales.
CK_AVX2 CK_INLINE void quantize_pairs(float *panel, const ptrdiff_t step, ptrdiff_t width,
                                      float *scales) {
  __m256 largest = largest_magnitude(panel, step, width), squares = _mm256_setzero_ps();
  __m256 unit = inverse_scale(largest, 1);
  for (ptrdiff_t i = 0; i < width; i++) {
    __m256 x = _mm256_mul_ps(_mm256_load_ps(panel + i * step), unit);
    squares = _mm256_fmadd_ps(x, x, squares);
  }
  __m256 limit = _mm256_div_ps(_mm256_set1_ps(largest_norm(width)), _mm256_sqrt_ps(squares));
  limit = _mm256_min_ps(limit, _mm256_set1_ps(INT16_MAX));
  _mm256_store_ps(scales, _mm256_div_ps(largest, limit));
  pack_pairs(panel, step, width, _mm256_mul_ps(limit, unit));
}

// Sums of products of a chunk's weights and values must not overflow an int32: 352 · 2^13 · 744 <
// 2^31.
#define WEIGHT_BITS 13
#define VALUE_LIMIT 744

// Turns 8 columns of `chunk` rows of values, `step` apart, into pairs of codes of neighbouring
// positions, and stores the scale of each column.
CK_AVX2 CK_INLINE void quantize_values(float *values, const ptrdiff_t step, ptrdiff_t chunk,
                                       float *scales) {
  __m256 largest = largest_magnitude(values, step, chunk);
  _mm256_store_ps(scales, _mm256_div_ps(largest, _mm256_set1_ps(VALUE_LIMIT)));
  pack_pairs(values, step, chunk, inverse_scale(largest, VALUE_LIMIT));
}

// 2^x for x at most 127, relative error below 8e-5, a cubic fitted as in exponential_terms.h; 2^-30
// from -30 down.
CK_AVX2 CK_INLINE __m256 rough_exp2(__m256 x) {
  x = _mm256_max_ps(_mm256_set1_ps(-30), x);
  __m256 whole = _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 part = _mm256_sub_ps(x, whole);
  __m256 sum = _mm256_fmadd_ps(part, _mm256_set1_ps(5.5171668e-2f), _mm256_set1_ps(0.242611122f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(0.693260986f));
  sum = _mm256_fmadd_ps(sum, part, _mm256_set1_ps(0.999928074f));
  return scale_by_power_avx2(sum, whole);
}

// Weights of 8 scores: 2^13 times two to the power of the score's distance to the largest, times
// `scale`. Only the first `left` scores count.
CK_AVX2 CK_INLINE __m256i integer_weights(const float *scores, ptrdiff_t left, __m256 largest,
                                          __m256 scale) {
  // The difference first: it is exact for scores of any size.
  __m256 distance = _mm256_sub_ps(_mm256_load_ps(scores), largest);
  __m256 power = rough_exp2(_mm256_fmadd_ps(distance, scale, _mm256_set1_ps(WEIGHT_BITS)));
  if (left < 8) power = _mm256_and_ps(power, elements_before(left));
  return _mm256_cvtps_epi32(power);
}

// Replaces 16 scores by weights in the place of the first half of those before position `p`; only
// the first `left` count. Adds the weights to 8 sums. The weights of NaN scores are
// negative, which `seen` remembers.
CK_AVX2 CK_INLINE __m256i weight_pairs(float *scores, ptrdiff_t p, ptrdiff_t left, __m256 largest,
                                       __m256 scale, __m256i sums, __m256i *seen) {
  __m256i low = integer_weights(scores + p, left, largest, scale);
  __m256i high = integer_weights(scores + p + 8, left - 8, largest, scale);
  // Packing takes 4 of each vector in turn.
  __m256i weights = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
  *seen = _mm256_or_si256(*seen, weights);
  _mm256_store_si256((__m256i *)(scores + p / 2), weights);
  return _mm256_add_epi32(sums, _mm256_madd_epi16(weights, _mm256_set1_epi16(1)));
}

// Replaces a row's first `limit` scores by weights, pairs of int16 in the first half of the row,
// and the rest up to `positions` by zeros; returns a vector of partial sums of the weights,
// NaN if a score is. `scale` times a score is the exponent of its power of two.
CK_AVX2 CK_INLINE __m256 integer_row(float *scores, ptrdiff_t limit, ptrdiff_t positions,
                                     float scale, float largest) {
  const __m256 scales = _mm256_set1_ps(scale), top = _mm256_set1_ps(largest);
  __m256i sums = _mm256_setzero_si256(), seen = sums;
  ptrdiff_t p = 0;
  for (; p + 16 <= limit; p += 16) sums = weight_pairs(scores, p, 16, top, scales, sums, &seen);
  for (; p < positions; p += 16) {
    sums = weight_pairs(scores, p, limit - p, top, scales, sums, &seen);
  }
  // The signs of 16 weights.
  if (_mm256_movemask_epi8(seen) & (int)0xaaaaaaaa) return _mm256_set1_ps(NAN);
  return _mm256_cvtepi32_ps(sums);
}

#endif

#endif
