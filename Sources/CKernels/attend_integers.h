/* Codes and exponentials in integers, for attend_many.c.

   Queries and keys (each its own scale) become int16 or int8 codes, values (a scale for a column of a
   block) int16 codes. What a score is less than the largest becomes a fixed-point number of 16 bits,
   32 of them in a vector, and its power of two a polynomial in 16 bits: 13 operations for 16 scores
   where float32 takes 23. */
#ifndef CK_ATTEND_INTEGERS_H
#define CK_ATTEND_INTEGERS_H

#include "attention_internal.h"
#include "vector_avx512.h"

#if CK_X86

/* The largest weight and value: 256 products of both stay below 2^31. */
#define CK_WEIGHT_LIMIT 8192
#define CK_VALUE_LIMIT 1023

/* The larger magnitude of each lane; a NaN is larger than all numbers. */
CK_AVX512VNNI CK_INLINE __m512 larger(__m512 magnitude, __m512 x) {
  return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(magnitude),
                                              _mm512_castps_si512(_mm512_abs_ps(x))));
}

/* Pairs of codes from two vectors: `low` in the low halves. */
CK_AVX512VNNI CK_INLINE __m512 code_pairs(__m512 low, __m512 high, __m512 factor) {
  __m512i first = _mm512_cvtps_epi32(_mm512_mul_ps(low, factor));
  __m512i second = _mm512_cvtps_epi32(_mm512_mul_ps(high, factor));
  return _mm512_castsi512_ps(
      _mm512_mask_blend_epi16(0xaaaaaaaa, first, _mm512_slli_epi32(second, 16)));
}

/* The largest code of queries and keys: `width` products of two stay below 2^31. */
CK_INLINE float score_limit(ptrdiff_t width) {
  return fminf(32767, floorf(sqrtf(0x1.fffffep30f / (float)width)));
}

/* What to multiply numbers of at most `magnitude` with to get codes of at most `limit`; 0 for none. */
CK_AVX512VNNI CK_INLINE __m512 inverse_scale(__m512 magnitude, float limit) {
  __mmask16 usable = _mm512_cmp_ps_mask(magnitude, _mm512_set1_ps(1e-30f), _CMP_GT_OQ);
  return _mm512_maskz_div_ps(usable, _mm512_set1_ps(limit), magnitude);
}

/* Turns [width][16] floats into [width / 2][16] pairs of codes in place, and stores what a code of
   each of the 16 is worth. */
CK_AVX512VNNI CK_INLINE void quantize_panel(float *panel, ptrdiff_t width, float *scales) {
  const float limit = score_limit(width);
  __m512 largest = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < width; i++) {
    largest = larger(largest, _mm512_load_ps(panel + 16 * i));
  }
  __m512 factor = inverse_scale(largest, limit);
  _mm512_store_ps(scales, _mm512_div_ps(largest, _mm512_set1_ps(limit)));
  for (ptrdiff_t i = 0; i < width; i += 2) {
    __m512 low = _mm512_load_ps(panel + 16 * i);
    __m512 high = i + 1 < width ? _mm512_load_ps(panel + 16 * i + 16) : _mm512_setzero_ps();
    _mm512_store_ps(panel + 8 * i, code_pairs(low, high, factor));
  }
}

/* Four inputs of [width][16] floats from input `i` on, less their means, as signed codes: the first in
   the lowest byte. Inputs from `width` on are zeros. */
CK_AVX512VNNI CK_INLINE __m512i byte_codes(const float *panel, ptrdiff_t i, ptrdiff_t width,
                                           const float *mean, __m512 factor) {
  __m512i fours = _mm512_setzero_si512();
  for (int j = 0; j < 4 && i + j < width; j++) {
    __m512 x = _mm512_load_ps(panel + 16 * (i + j));
    if (mean) x = _mm512_sub_ps(x, _mm512_set1_ps(mean[i + j]));
    __m512i codes = _mm512_and_si512(_mm512_cvtps_epi32(_mm512_mul_ps(x, factor)),
                                     _mm512_set1_epi32(255));
    fours = _mm512_or_si512(fours, _mm512_sll_epi32(codes, _mm_cvtsi32_si128(8 * j)));
  }
  return fours;
}

/* What to multiply [width][16] floats, less their means, with to get codes of a byte; stores what a code
   of each of the 16 is worth. */
CK_AVX512VNNI CK_INLINE __m512 byte_factor(const float *panel, ptrdiff_t width, const float *mean,
                                           float *scales) {
  const float limit = 127;
  __m512 largest = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < width; i++) {
    __m512 x = _mm512_load_ps(panel + 16 * i);
    largest = larger(largest, mean ? _mm512_sub_ps(x, _mm512_set1_ps(mean[i])) : x);
  }
  _mm512_store_ps(scales, _mm512_div_ps(largest, _mm512_set1_ps(limit)));
  return inverse_scale(largest, limit);
}

/* Turns 16 queries, [width][16] floats, into fours of signed codes in place, [width / 4][16]. The dot
   instruction multiplies them with unsigned codes, which are 128 more than the keys' own: `starts` is
   what makes up for it. */
CK_AVX512VNNI CK_INLINE void quantize_query_bytes(float *panel, ptrdiff_t width, float *scales,
                                                  int32_t *starts) {
  __m512 factor = byte_factor(panel, width, NULL, scales);
  __m512i start = _mm512_setzero_si512();
  for (ptrdiff_t i = 0; i < width; i += 4) {
    __m512i codes = byte_codes(panel, i, width, NULL, factor);
    _mm512_store_si512(panel + 4 * i, codes);
    start = _mm512_dpbusd_epi32(start, _mm512_set1_epi8((char)128), codes);
  }
  _mm512_store_si512(starts, _mm512_sub_epi32(_mm512_setzero_si512(), start));
}

/* Turns 16 keys, [width][16] floats, less their mean, into fours of unsigned codes in place. */
CK_AVX512VNNI CK_INLINE void quantize_key_bytes(float *panel, ptrdiff_t width, const float *mean,
                                                float *scales) {
  __m512 factor = byte_factor(panel, width, mean, scales);
  for (ptrdiff_t i = 0; i < width; i += 4) {
    __m512i codes = byte_codes(panel, i, width, mean, factor);
    _mm512_store_si512(panel + 4 * i, _mm512_xor_si512(codes, _mm512_set1_epi8((char)128)));
  }
}

/* The place of a pair of positions in a block of values: the order in which weights of 16 and 16
   positions are packed. */
CK_INLINE ptrdiff_t pair_place(ptrdiff_t pair) {
  return (pair & ~15) | (pair & 6) << 1 | (pair & 8) >> 2 | (pair & 1);
}

/* Turns 16 columns of `block` rows of floats, `stride` apart, into pairs of codes of neighbouring
   positions, in whole groups of 16 pairs; stores what a code of each column is worth. */
CK_AVX512VNNI CK_INLINE void quantize_values(const float *values, ptrdiff_t block,
                                             ptrdiff_t stride, float *pairs, float *scales) {
  __m512 largest = _mm512_setzero_ps();
  for (ptrdiff_t p = 0; p < block; p++) {
    largest = larger(largest, _mm512_load_ps(values + p * stride));
  }
  __m512 factor = inverse_scale(largest, CK_VALUE_LIMIT);
  _mm512_store_ps(scales, _mm512_div_ps(largest, _mm512_set1_ps(CK_VALUE_LIMIT)));
  for (ptrdiff_t p = 0; p < round_up(block, 32); p += 2) {
    __m512 low = p < block ? _mm512_load_ps(values + p * stride) : _mm512_setzero_ps();
    __m512 high = p + 1 < block ? _mm512_load_ps(values + (p + 1) * stride) : _mm512_setzero_ps();
    _mm512_store_ps(pairs + pair_place(p / 2) * stride, code_pairs(low, high, factor));
  }
}

/* 2^(-distance / 4096) · 8192 for unsigned distances: cubic in the fraction, relative error below
   1.3e-4 (fitted to the truncations of the products, all coefficients times 2^15). */
CK_AVX512VNNI CK_INLINE __m512i weights_of(__m512i distance) {
  __m512i fraction = _mm512_slli_epi16(distance, 4), whole = _mm512_srli_epi16(distance, 12);
  __m512i sum = _mm512_mulhi_epu16(fraction, _mm512_set1_epi16(1277));
  sum = _mm512_mulhi_epu16(fraction, _mm512_sub_epi16(_mm512_set1_epi16(7541), sum));
  sum = _mm512_mulhi_epu16(fraction, _mm512_sub_epi16(_mm512_set1_epi16(22649), sum));
  sum = _mm512_srlv_epi16(_mm512_sub_epi16(_mm512_set1_epi16(32767), sum), whole);
  return _mm512_mulhrs_epi16(sum, _mm512_set1_epi16(CK_WEIGHT_LIMIT));
}

/* 65535 less 4096 times what 16 scores are less than the largest, at least 0; 0 outside `mask`. */
CK_AVX512VNNI CK_INLINE __m512i nearness(const float *scores, __mmask16 mask, __m512 largest,
                                         __m512 scale) {
  /* The difference first: scores of any size are exactly as far as they are. */
  __m512 distance = _mm512_sub_ps(_mm512_load_ps(scores), largest);
  /* What lies too far for an int32 becomes the least of them. */
  return _mm512_maskz_cvtps_epi32(
      mask, _mm512_fmadd_ps(distance, scale, _mm512_set1_ps(UINT16_MAX)));
}

/* Replaces a row's first `limit` scores by weights, two in the place of one and packed as
   `pair_place` says, and the rest up to `positions` by zeros; returns the sum of each lane's weights.

   `scale` times a score is the exponent of its power of two; the weights are of what the scores are
   less than `largest`. */
CK_AVX512VNNI CK_INLINE __m512 exponential_row_int16(float *scores, ptrdiff_t limit,
                                                     ptrdiff_t positions, float scale,
                                                     float largest) {
  const __m512 scales = _mm512_set1_ps(4096 * scale), top = _mm512_set1_ps(largest);
  const __m512i all = _mm512_set1_epi16(-1), ones = _mm512_set1_epi16(1);
  __m512i sums = _mm512_setzero_si512();
  for (ptrdiff_t p = 0; p < positions; p += 32) {
    const bool whole = p + 32 <= limit;
    __m512i first = nearness(scores + p, whole ? 0xffff : lanes_within(limit - p), top, scales);
    __m512i second =
        nearness(scores + p + 16, whole ? 0xffff : lanes_within(limit - p - 16), top, scales);
    __m512i weights = weights_of(_mm512_xor_si512(_mm512_packus_epi32(first, second), all));
    sums = _mm512_dpwssd_epi32(sums, weights, ones);
    _mm512_store_si512(scores + p / 2, weights);
  }
  return _mm512_cvtepi32_ps(sums);
}

#endif

#endif
