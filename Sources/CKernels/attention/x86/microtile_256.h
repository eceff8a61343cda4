// Products and rows of scores for attend_row_256.h and attend_rows_256.h: the products of some rows
// with 16 columns of keys or values, and what becomes of a row of scores. A template, for files
// that define
//
//   TARGET                            the instruction set, as an attribute
//   ADD_PAIRS                         `add_pairs_avx2` or `add_pairs_avxvnni`
//
// before they include it.
#ifndef CK_ATTENTION_X86_MICROTILE_256_H
#define CK_ATTENTION_X86_MICROTILE_256_H

#include <math.h>

#include "attention/layout.h"
#include "common/x86/exponential_avx2.h"

#if CK_X86

// sum + left · right, of eight int32 and eight pairs of int16.
CK_AVX2 CK_INLINE __m256i add_pairs_avx2(__m256i sum, __m256i left, __m256i right) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(left, right));
}

CK_AVXVNNI CK_INLINE __m256i add_pairs_avxvnni(__m256i sum, __m256i left, __m256i right) {
  return _mm256_dpwssd_avx_epi32(sum, left, right);
}

// What rows and columns are: float32, or pairs of int16 codes.
typedef enum { FLOATS, PAIRS } Elements;

// sum + left · right for each of 8 floats or pairs of codes.
TARGET CK_INLINE __m256 multiply_add(__m256 left, __m256 right, __m256 sum,
                                     const Elements elements) {
  if (elements == FLOATS) return _mm256_fmadd_ps(left, right, sum);
  return _mm256_castsi256_ps(
      ADD_PAIRS(_mm256_castps_si256(sum), _mm256_castps_si256(left), _mm256_castps_si256(right)));
}

// sums[r][c] += Σ_k left[r · row_step + k · input_step] · right[k · step + c] for the 16 columns c
// of two vectors. The steps of `left` are constants, so that one register addresses all rows. If it
// `prefetches`, 64 bytes are prefetched with each k, from `coming` on.
//
// The sums of 6 rows leave registers for columns, an element of a row and a product. Those of 7
// leave none for columns, which are then read again for every row.
TARGET CK_INLINE void microtile(const float *left, const ptrdiff_t row_step,
                                const ptrdiff_t input_step, const float *right, ptrdiff_t step,
                                ptrdiff_t count, const char *coming, const bool prefetches,
                                __m256 sums[][2], const int rows, const Elements elements) {
  for (ptrdiff_t k = 0; k < count; k++, right += step) {
    if (prefetches) _mm_prefetch(coming + 64 * k, _MM_HINT_T0);
    __m256 low = _mm256_loadu_ps(right), high = _mm256_loadu_ps(right + 8);
    for (int r = 0; r < rows; r++) {
      __m256 x = _mm256_broadcast_ss(left + r * row_step + k * input_step);
      sums[r][0] = multiply_add(x, low, sums[r][0], elements);
      sums[r][1] = multiply_add(x, high, sums[r][1], elements);
      if (rows <= CK_MICROTILE_ROWS_AVX2) continue;
      __asm__("" : "+x"(sums[r][0]), "+x"(sums[r][1]) : : "memory");
      low = _mm256_loadu_ps(right), high = _mm256_loadu_ps(right + 8);
    }
  }
}

CK_AVX2 CK_INLINE float largest_of(__m256 x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}

CK_AVX2 CK_INLINE float sum_of(__m256 x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

// The first `count` of 8 elements.
CK_AVX2 CK_INLINE __m256 elements_before(ptrdiff_t count) {
  const __m256i elements = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const int limit = count < 0 ? 0 : count < 8 ? (int)count : 8;
  return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(limit), elements));
}

// A vector of partial maxima of a row's first `limit` scores.
CK_AVX2 CK_INLINE __m256 largest_scores(const float *scores, ptrdiff_t limit) {
  const __m256 lowest = _mm256_set1_ps(-INFINITY);
  __m256 largest = lowest, other = lowest;
  ptrdiff_t p = 0;
  for (; p + 16 <= limit; p += 16) {
    largest = _mm256_max_ps(largest, _mm256_load_ps(scores + p));
    other = _mm256_max_ps(other, _mm256_load_ps(scores + p + 8));
  }
  for (; p < limit; p += 8) {
    largest = _mm256_max_ps(
        largest, _mm256_blendv_ps(lowest, _mm256_load_ps(scores + p), elements_before(limit - p)));
  }
  return _mm256_max_ps(largest, other);
}

// Replaces a row's first `limit` scores by their exponentials after `largest` is subtracted, and
// the rest up to `positions` by zeros; returns a vector of partial sums.
CK_AVX2 CK_INLINE __m256 exponential_row(float *scores, ptrdiff_t limit, ptrdiff_t positions,
                                         float largest) {
  __m256 sums = _mm256_setzero_ps(), top = _mm256_set1_ps(largest);
  for (ptrdiff_t p = 0; p < positions; p += 8) {
    __m256 power = exp2_avx2(_mm256_sub_ps(_mm256_load_ps(scores + p), top));
    if (p + 8 > limit) power = _mm256_and_ps(power, elements_before(limit - p));
    sums = _mm256_add_ps(sums, power);
    _mm256_store_ps(scores + p, power);
  }
  return sums;
}

#endif

#endif
