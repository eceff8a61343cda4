// Products, codes and exponentials in integers, for attend_row_avx512.c and attend_rows_avx512.c.
//
// Queries become int16 codes, a scale each, for a cache's int16 keys (cache_format.h); within a
// tile, queries and keys become int8 codes. Values become int8 codes, a scale for a column of a
// chunk. The distance of a score to the largest of its chunk becomes a fixed-point number of 16
// bits, and its power of two a polynomial in 16 bits, of which eight remain: 10 operations for 16
// scores where float32 takes 23.
#ifndef CK_ATTENTION_X86_INTEGERS_AVX512_H
#define CK_ATTENTION_X86_INTEGERS_AVX512_H

#include "attention/cache_codes.h"
#include "attention/layout.h"
#include "common/x86/vector_avx512.h"

#if CK_X86

// The larger magnitude of each element; a NaN is larger than all numbers.
CK_AVX512 CK_INLINE __m512 larger(__m512 magnitude, __m512 x) {
  return _mm512_castsi512_ps(
      _mm512_max_epu32(_mm512_castps_si512(magnitude), _mm512_castps_si512(_mm512_abs_ps(x))));
}

// What one element of a product's operands holds.
typedef enum { FLOATS, PAIRS, FOURS } Elements;

// sum + left · right for each of 16 floats, pairs of int16 codes, or fours of int8 codes (`left`'s
// are unsigned).
CK_AVX512 CK_INLINE __m512 multiply_add(__m512 left, __m512 right, __m512 sum,
                                        const Elements elements) {
  if (elements == FLOATS) return _mm512_fmadd_ps(left, right, sum);
  __m512i codes = _mm512_castps_si512(left), others = _mm512_castps_si512(right);
  __m512i before = _mm512_castps_si512(sum);
  return _mm512_castsi512_ps(elements == PAIRS ? _mm512_dpwssd_epi32(before, codes, others)
                                               : _mm512_dpbusd_epi32(before, codes, others));
}

// Pairs of codes from two vectors: `low` in the low halves.
CK_AVX512 CK_INLINE __m512 code_pairs(__m512 low, __m512 high, __m512 factor) {
  __m512i first = _mm512_cvtps_epi32(_mm512_mul_ps(low, factor));
  __m512i second = _mm512_cvtps_epi32(_mm512_mul_ps(high, factor));
  return _mm512_castsi512_ps(
      _mm512_mask_blend_epi16(0xaaaaaaaa, first, _mm512_slli_epi32(second, 16)));
}

// The factor that turns numbers of at most `magnitude` into codes of at most `limit`; 0 if they are
// too small for one.
CK_AVX512 CK_INLINE __m512 inverse_scale(__m512 magnitude, float limit) {
  __mmask16 usable = _mm512_cmp_ps_mask(magnitude, _mm512_set1_ps(1e-30f), _CMP_GT_OQ);
  return _mm512_maskz_div_ps(usable, _mm512_set1_ps(limit), magnitude);
}

// Turns 16 queries, [width][16] floats, into [width / 2][16] pairs of codes in place, as
// cache_codes.h has them, and stores the scale of each query.
CK_AVX512 CK_INLINE void quantize_query_pairs(float *panel, ptrdiff_t width, float *scales) {
  __m512 largest = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < width; i++) {
    largest = larger(largest, _mm512_load_ps(panel + 16 * i));
  }
  __m512 unit = inverse_scale(largest, 1);
  for (ptrdiff_t i = 0; i < width; i++) {
    __m512 x = _mm512_mul_ps(_mm512_load_ps(panel + 16 * i), unit);
    squares = _mm512_fmadd_ps(x, x, squares);
  }
  __m512 limit = _mm512_div_ps(_mm512_set1_ps(largest_norm(width)), _mm512_sqrt_ps(squares));
  limit = _mm512_min_ps(limit, _mm512_set1_ps(INT16_MAX));
  _mm512_store_ps(scales, _mm512_div_ps(largest, limit));
  __m512 factor = _mm512_mul_ps(limit, unit);
  for (ptrdiff_t i = 0; i < width; i += 2) {
    __m512 low = _mm512_load_ps(panel + 16 * i), high = _mm512_load_ps(panel + 16 * i + 16);
    _mm512_store_ps(panel + 8 * i, code_pairs(low, high, factor));
  }
}

// Four of `count` vectors of floats, `stride` apart, from vector `i` on, less their means, as
// signed codes: the first in the lowest byte. Zeros follow the last vector.
CK_AVX512 CK_INLINE __m512i byte_codes(const float *vectors, ptrdiff_t stride, ptrdiff_t i,
                                       ptrdiff_t count, const float *mean, __m512 factor) {
  __m512i fours = _mm512_setzero_si512();
  for (int j = 0; j < 4 && i + j < count; j++) {
    __m512 x = _mm512_load_ps(vectors + (i + j) * stride);
    if (mean) x = _mm512_sub_ps(x, _mm512_set1_ps(mean[i + j]));
    __m512i codes =
        _mm512_and_si512(_mm512_cvtps_epi32(_mm512_mul_ps(x, factor)), _mm512_set1_epi32(255));
    fours = _mm512_or_si512(fours, _mm512_sll_epi32(codes, _mm_cvtsi32_si128(8 * j)));
  }
  return fours;
}

// The factors that turn `count` vectors of floats, `stride` apart, less their means, into codes of
// a byte; stores their scales.
CK_AVX512 CK_INLINE __m512 byte_factor(const float *vectors, ptrdiff_t stride, ptrdiff_t count,
                                       const float *mean, float *scales) {
  const float limit = 127;
  __m512 largest = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i++) {
    __m512 x = _mm512_load_ps(vectors + i * stride);
    largest = larger(largest, mean ? _mm512_sub_ps(x, _mm512_set1_ps(mean[i])) : x);
  }
  _mm512_store_ps(scales, _mm512_div_ps(largest, _mm512_set1_ps(limit)));
  return inverse_scale(largest, limit);
}

// Turns 16 queries, [width][16] floats, into fours of codes in place, [width / 4][16]. The dot
// instruction's left operand is unsigned: each is 128 more than it should be.
CK_AVX512 CK_INLINE void quantize_query_bytes(float *panel, ptrdiff_t width, float *scales) {
  __m512 factor = byte_factor(panel, 16, width, NULL, scales);
  for (ptrdiff_t i = 0; i < width; i += 4) {
    __m512i codes = byte_codes(panel, 16, i, width, NULL, factor);
    _mm512_store_si512(panel + 4 * i, _mm512_xor_si512(codes, _mm512_set1_epi8((char)128)));
  }
}

// Turns 16 keys, [width][16] floats, less their mean, into fours of codes in place; `starts`
// compensates for the 128 in the queries' codes.
CK_AVX512 CK_INLINE void quantize_key_bytes(float *panel, ptrdiff_t width, const float *mean,
                                            float *scales, int32_t *starts) {
  __m512 factor = byte_factor(panel, 16, width, mean, scales);
  __m512i start = _mm512_setzero_si512();
  for (ptrdiff_t i = 0; i < width; i += 4) {
    __m512i codes = byte_codes(panel, 16, i, width, mean, factor);
    _mm512_store_si512(panel + 4 * i, codes);
    start = _mm512_dpbusd_epi32(start, _mm512_set1_epi8((char)128), codes);
  }
  _mm512_store_si512(starts, _mm512_sub_epi32(_mm512_setzero_si512(), start));
}

// Turns 16 columns of `chunk` rows of floats, `stride` apart, into fours of codes of neighbouring
// positions in place; stores the scale of each column. Positions from `chunk` on are zeros.
CK_AVX512 CK_INLINE void quantize_values(float *values, ptrdiff_t chunk, ptrdiff_t stride,
                                         float *scales) {
  __m512 factor = byte_factor(values, stride, chunk, NULL, scales);
  for (ptrdiff_t p = 0; p < chunk; p += 4) {
    _mm512_store_si512(values + p / 4 * stride, byte_codes(values, stride, p, chunk, NULL, factor));
  }
}

// 2^(-distance / 4096) · 255 for unsigned distances of 32 positions, rounded up as `dither` (below
// 128) decides. Quadratic in the fraction, relative error below 1.8e-3 before rounding; fitted to
// the truncated products, with all coefficients times 2^15.
CK_AVX512 CK_INLINE __m512i weights_of(__m512i distance, __m512i dither) {
  __m512i fraction = _mm512_slli_epi16(distance, 4), whole = _mm512_srli_epi16(distance, 12);
  __m512i sum = _mm512_mulhi_epu16(fraction, _mm512_set1_epi16(5503));
  sum = _mm512_mulhi_epu16(fraction, _mm512_sub_epi16(_mm512_set1_epi16(21737), sum));
  sum = _mm512_srlv_epi16(_mm512_sub_epi16(_mm512_set1_epi16(32583), sum), whole);
  return _mm512_srli_epi16(_mm512_add_epi16(sum, dither), 7);
}

// 65535 less 4096 times the distance of 16 scores to the largest, at least 0; 0 outside `mask`.
CK_AVX512 CK_INLINE __m512i nearness(const float *scores, __mmask16 mask, __m512 largest,
                                     __m512 scale) {
  // The difference first: it is exact for scores of any size.
  __m512 distance = _mm512_sub_ps(_mm512_load_ps(scores), largest);
  // A distance that overflows an int32 becomes the least one.
  return _mm512_maskz_cvtps_epi32(mask,
                                  _mm512_fmadd_ps(distance, scale, _mm512_set1_ps(UINT16_MAX)));
}

// What is added to 128ths of a weight before it is truncated, for 64 positions in the order of
// `pack_weights`: each of 1, 3 ... 127 once, neighbours far apart (bit reversal).
// So a weight of a third of a code is one code at every third position, where rounding would lose
// all of them.
static const _Alignas(64) int16_t dithers[64] = {
    1,  65, 33, 97,  5,  69, 37, 101, 17, 81, 49, 113, 21, 85, 53, 117,
    9,  73, 41, 105, 13, 77, 45, 109, 25, 89, 57, 121, 29, 93, 61, 125,
    3,  67, 35, 99,  7,  71, 39, 103, 19, 83, 51, 115, 23, 87, 55, 119,
    11, 75, 43, 107, 15, 79, 47, 111, 27, 91, 59, 123, 31, 95, 63, 127};

// Weights of 32 positions in 16 bits; see `nearness`.
CK_AVX512 CK_INLINE __m512i weights_within(const float *scores, ptrdiff_t limit, __m512 largest,
                                           __m512 scale, const int16_t *dither) {
  __m512i first = nearness(scores, elements_within(limit), largest, scale);
  __m512i second = nearness(scores + 16, elements_within(limit - 16), largest, scale);
  __m512i distance = _mm512_xor_si512(_mm512_packus_epi32(first, second), _mm512_set1_epi16(-1));
  return weights_of(distance, _mm512_load_si512(dither));
}

// Replaces 64 scores by weights of a byte, four in the place of one (so `weights` may be what has
// been read of `scores`), and adds them to 16 sums. From `limit` on they are zeros.
CK_AVX512 CK_INLINE __m512i pack_weights(const float *scores, ptrdiff_t limit, __m512 largest,
                                         __m512 scale, float *weights, __m512i sums) {
  // Packing takes 4 positions of each of four vectors in turn.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i low = weights_within(scores, limit, largest, scale, dithers);
  __m512i high = limit <= 32
                     ? _mm512_setzero_si512()
                     : weights_within(scores + 32, limit - 32, largest, scale, dithers + 32);
  __m512i bytes = _mm512_packus_epi16(low, high);
  _mm512_store_si512(weights, _mm512_permutexvar_epi32(order, bytes));
  return _mm512_dpbusd_epi32(sums, bytes, _mm512_set1_epi8(1));
}

// Replaces a row's first `limit` scores by weights, and the rest up to `positions` by zeros;
// returns a vector of partial sums of the weights.
//
// `scale` times a score is the exponent of its power of two; the weights are relative to
// that of `largest`.
CK_AVX512 CK_INLINE __m512 exponential_row_bytes(float *scores, ptrdiff_t limit,
                                                 ptrdiff_t positions, float scale, float largest) {
  const __m512 scales = _mm512_set1_ps(4096 * scale), top = _mm512_set1_ps(largest);
  __m512i sums = _mm512_setzero_si512();
  ptrdiff_t p = 0;
  for (; p + 64 <= limit; p += 64) {
    sums = pack_weights(scores + p, 64, top, scales, scores + p / 4, sums);
  }
  for (; p < positions; p += 64) {
    sums = pack_weights(scores + p, limit - p, top, scales, scores + p / 4, sums);
  }
  return _mm512_cvtepi32_ps(sums);
}

#endif

#endif
