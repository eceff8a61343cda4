// Attention of one row's heads over a cache with vectors of 256 bits, a chunk of positions after
// the other as in attend_row_avx512.c: keys and values are read once, as one stream each. A
// template, for files that define the hooks of microtile_256.h; it defines `attend_row`.
//
// Roofline, AVX2 on Zen 3: 64 bytes of a cache and 7 heads are 48 instructions, 17 cycles (22 to 24
// beside a busy neighbour); memory takes 12 to 16. So neither may wait for the other.
// (benchmarks/notes/attention.md)
#include <float.h>
#include <math.h>

#include "attention/layout.h"
#include "attention/x86/integers_avx2.h"
#include "attention/x86/microtile_256.h"

#if CK_X86

// How far ahead of the arithmetic memory is prefetched: more than the values that are read
// together. (12 to 24 KiB: no difference.)
#define AHEAD_BYTES 16384

// How many positions' values are read together, all columns.
#define VALUE_POSITIONS 44

// Scores of a chunk are [CK_ROW_HEADS][CK_SCORE_CHUNK], and queries [width][CK_ROW_HEADS]: one
// register addresses what belongs to all heads.
typedef struct {
  // Scaled; with codes pairs of codes, [width / 2][CK_ROW_HEADS], and their scales.
  float *queries;
  _Alignas(32) float query_scales[CK_ROW_HEADS];
  float *scores;
} RowWork;

// How many heads are computed together first: the sums of 8 would take all registers.
CK_INLINE int first_heads(const int heads) { return heads < CK_ROW_HEADS ? heads : heads / 2; }

// The scores of `heads` heads from `head` on with the 16 positions from `first + position` on. The
// first heads prefetch.
TARGET CK_INLINE void row_score_vectors(const CKAttention *attention, const RowWork *work,
                                        ptrdiff_t first, ptrdiff_t position, const int head,
                                        const int heads, const bool codes) {
  const ptrdiff_t count = codes ? attention->width / 2 : attention->width;
  const float *keys = (const float *)attention->keys + (first + position) * count;
  __m256 sums[CK_ROW_HEADS][2];
  for (int h = 0; h < heads; h++) sums[h][0] = sums[h][1] = _mm256_setzero_ps();
  microtile(work->queries + head, 1, CK_ROW_HEADS, keys, CK_KEY_PANEL, count,
            (const char *)keys + AHEAD_BYTES, head == 0, sums, heads, codes ? PAIRS : FLOATS);
  for (int v = 0; v < 2; v++) {
    const ptrdiff_t column = position + 8 * v;
    for (int h = 0; h < heads; h++) {
      __m256 score = sums[h][v];
      if (codes) {
        __m256 code_scale = _mm256_mul_ps(_mm256_loadu_ps(attention->key_scales + first + column),
                                          _mm256_broadcast_ss(work->query_scales + head + h));
        score = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_castps_si256(score)), code_scale);
      }
      _mm256_store_ps(work->scores + (head + h) * CK_SCORE_CHUNK + column, score);
    }
  }
}

TARGET CK_INLINE float power_of_two(float x) {
  return _mm256_cvtss_f32(exp2_avx2(_mm256_set1_ps(x)));
}

TARGET CK_INLINE float largest_score(const float *scores, ptrdiff_t count) {
  return largest_of(largest_scores(scores, count));
}

TARGET CK_INLINE float row_exponentials(float *scores, ptrdiff_t count, float largest) {
  return sum_of(exponential_row(scores, count, count, largest));
}

// Replaces a chunk's `count` scores, less `largest`, by exponentials times the scales of their
// values, adds the exponentials to `weights`, and returns the sum of what replaces the scores.
TARGET CK_INLINE float scaled_exponentials(float *scores, ptrdiff_t count, float largest,
                                           const float *value_scales, float *weights) {
  __m256 sums = _mm256_setzero_ps(), totals = sums, top = _mm256_set1_ps(largest);
  for (ptrdiff_t p = 0; p < count; p += 8) {
    __m256 power = rough_exp2(_mm256_sub_ps(_mm256_load_ps(scores + p), top));
    __m256 scaled = _mm256_mul_ps(power, _mm256_loadu_ps(value_scales + p));
    if (p + 8 > count) {
      const __m256 mask = elements_before(count - p);
      power = _mm256_and_ps(power, mask);
      scaled = _mm256_and_ps(scaled, mask);
    }
    sums = _mm256_add_ps(sums, power);
    totals = _mm256_add_ps(totals, scaled);
    _mm256_store_ps(scores + p, scaled);
  }
  *weights += sum_of(sums);
  return sum_of(totals);
}

// Turns `count` weights, times `factor`, into pairs of codes in the first half of their place.
TARGET CK_INLINE void weight_codes(float *weights, ptrdiff_t count, float factor) {
  for (ptrdiff_t p = 0; p < count; p += 16) {
    __m256 low = _mm256_load_ps(weights + p), high = _mm256_setzero_ps();
    if (p + 8 < count) high = _mm256_load_ps(weights + p + 8);
    __m256i first = _mm256_cvtps_epi32(_mm256_mul_ps(low, _mm256_set1_ps(factor)));
    __m256i second = _mm256_cvtps_epi32(_mm256_mul_ps(high, _mm256_set1_ps(factor)));
    // Packing takes 4 of each vector in turn.
    __m256i codes = _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xd8);
    _mm256_store_si256((__m256i *)(weights + p / 2), codes);
  }
}

// outputs[h] = factor · outputs[h] + Σ weights[h][p] · values[p] for `heads` heads from `head` on,
// 16 columns from `column` on, and `steps` positions (pairs of them, of codes). The first heads
// prefetch, in the order of memory.
TARGET CK_INLINE void row_value_vectors(const CKAttention *attention, const float *weights,
                                        const CKHead *seen, const float *values, ptrdiff_t steps,
                                        ptrdiff_t column, const int head, const int heads,
                                        const bool codes) {
  const ptrdiff_t width = attention->width;
  float *outputs = attention->outputs + head * width + column;
  __m256 sums[CK_ROW_HEADS][2];
  for (int h = 0; h < heads; h++) sums[h][0] = sums[h][1] = _mm256_setzero_ps();
  microtile(weights + head * CK_SCORE_CHUNK, CK_SCORE_CHUNK, 1, values + column, width, steps,
            (const char *)(values + column * steps) + AHEAD_BYTES, head == 0, sums, heads,
            codes ? PAIRS : FLOATS);
  for (int h = 0; h < heads; h++) {
    const __m256 factor = _mm256_broadcast_ss(&seen[head + h].factor);
    const __m256 code_scale = _mm256_broadcast_ss(&seen[head + h].code_scale);
    for (int v = 0; v < 2; v++) {
      float *output = outputs + h * width + 8 * v;
      __m256 sum = sums[h][v];
      if (codes) sum = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_castps_si256(sum)), code_scale);
      _mm256_storeu_ps(output, _mm256_fmadd_ps(factor, _mm256_loadu_ps(output), sum));
    }
  }
}

// Adds weighted values of a chunk's `count` positions from `first` on to the outputs.
TARGET CK_INLINE void add_values(const CKAttention *attention, const float *weights, CKHead *seen,
                                 ptrdiff_t first, ptrdiff_t count, const int heads,
                                 const bool codes) {
  const int some = first_heads(heads), together = codes ? 2 : 1;
  for (ptrdiff_t p = 0; p < count; p += VALUE_POSITIONS) {
    const ptrdiff_t here = count - p < VALUE_POSITIONS ? count - p : VALUE_POSITIONS;
    const ptrdiff_t steps = (here + together - 1) / together;
    const float *values = positions_from(attention, attention->values, first + p);
    const float *row = weights + p / together;
    for (ptrdiff_t column = 0; column < attention->width; column += 16) {
      row_value_vectors(attention, row, seen, values, steps, column, 0, some, codes);
      if (some == heads) continue;
      row_value_vectors(attention, row, seen, values, steps, column, some, heads - some, codes);
    }
    for (int h = 0; h < heads; h++) seen[h].factor = 1;
  }
}

// Scores of the `count` positions from `first` on.
TARGET CK_INLINE void make_scores(const CKAttention *attention, const RowWork *work,
                                  ptrdiff_t first, ptrdiff_t count, const int heads,
                                  const bool codes) {
  const int some = first_heads(heads);
  for (ptrdiff_t position = 0; position < count; position += CK_KEY_PANEL) {
    row_score_vectors(attention, work, first, position, 0, some, codes);
    if (some == heads) continue;
    row_score_vectors(attention, work, first, position, some, heads - some, codes);
  }
}

TARGET CK_INLINE void quantize_queries(RowWork *work, ptrdiff_t width) {
  quantize_pairs(work->queries, CK_ROW_HEADS, width, work->query_scales);
}

#define QUERY_STEP CK_ROW_HEADS
#include "attention/x86/attend_row.h"

#endif
