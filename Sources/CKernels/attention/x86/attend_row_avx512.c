// Attention of one row's heads over a cache, AVX-512, a chunk of positions after the other (online
// softmax as in attend_rows_avx512.c). Keys and values are read once, as one stream each.
//
// Roofline: two codes of a key, or of a column of two values, meet each of g heads in one dot
// instruction, g / 64 cycles a code: 0.11 for g = 7, while memory takes 0.36. So the order of
// reading decides. (benchmarks/notes/attention.md)
#include <float.h>
#include <math.h>

#include "attention/x86/integers_avx512.h"
#include "attention/x86/softmax_avx512.h"
#include "common/x86/fill.h"

#if CK_X86

// How far ahead of the arithmetic memory is prefetched. (8 KiB: 10 to 25 % slower on Zen 5.)
#define AHEAD_BYTES 16384

// How many positions' values are read together, all columns.
#define VALUE_POSITIONS 88

// Scores of a chunk are [CK_ROW_HEADS][CK_SCORE_CHUNK], and queries [width][CK_QUERY_STEP_AVX512]:
// one register addresses what belongs to all heads.
typedef struct {
  // Scaled; with codes pairs of codes, [width / 2][CK_QUERY_STEP_AVX512], and their scales.
  float *queries;
  _Alignas(64) float query_scales[CK_QUERY_STEP_AVX512];
  float *scores;
} RowWork;

// The scores of the 16 positions from `first + position` on; `codes` says what the keys are.
CK_AVX512 CK_INLINE void row_score_vectors(const CKAttention *attention, const RowWork *work,
                                           ptrdiff_t first, ptrdiff_t position, const int heads,
                                           const bool codes) {
  const ptrdiff_t count = codes ? attention->width / 2 : attention->width;
  const float *keys = (const float *)attention->keys + (first + position) * count;
  __m512 sums[CK_ROW_HEADS];
  for (int h = 0; h < heads; h++) sums[h] = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i++, keys += CK_KEY_PANEL) {
    _mm_prefetch((const char *)keys + AHEAD_BYTES, _MM_HINT_T0);
    __m512 columns = _mm512_load_ps(keys);
    for (int h = 0; h < heads; h++) {
      __m512 query = _mm512_set1_ps(work->queries[i * CK_QUERY_STEP_AVX512 + h]);
      sums[h] = multiply_add(query, columns, sums[h], codes ? PAIRS : FLOATS);
    }
  }
  for (int h = 0; h < heads; h++) {
    __m512 score = sums[h];
    if (codes) {
      __m512 code_scale = _mm512_mul_ps(_mm512_load_ps(attention->key_scales + first + position),
                                        _mm512_set1_ps(work->query_scales[h]));
      score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_castps_si512(score)), code_scale);
    }
    _mm512_store_ps(work->scores + h * CK_SCORE_CHUNK + position, score);
  }
}

CK_AVX512 CK_INLINE float power_of_two(float x) {
  return _mm512_cvtss_f32(exp2_avx512(_mm512_set1_ps(x)));
}

CK_AVX512 CK_INLINE float largest_score(const float *scores, ptrdiff_t count) {
  return _mm512_reduce_max_ps(largest_scores(scores, count));
}

CK_AVX512 CK_INLINE float row_exponentials(float *scores, ptrdiff_t count, float largest) {
  return _mm512_reduce_add_ps(exponential_row(scores, count, count, largest));
}

// Replaces a chunk's `count` scores, less `largest`, by exponentials times the scales of their
// values, adds the exponentials to `weights`, and returns the sum of what replaces the scores.
CK_AVX512 CK_INLINE float scaled_exponentials(float *scores, ptrdiff_t count, float largest,
                                              const float *value_scales, float *weights) {
  __m512 sums = _mm512_setzero_ps(), totals = sums, top = _mm512_set1_ps(largest);
  for (ptrdiff_t p = 0; p < count; p += 16) {
    __mmask16 mask = elements_within(count - p);
    __m512 power = exp2_avx512(_mm512_sub_ps(_mm512_load_ps(scores + p), top));
    __m512 scaled = _mm512_maskz_mul_ps(mask, power, _mm512_loadu_ps(value_scales + p));
    sums = _mm512_add_ps(sums, _mm512_maskz_mov_ps(mask, power));
    totals = _mm512_add_ps(totals, scaled);
    _mm512_store_ps(scores + p, scaled);
  }
  *weights += _mm512_reduce_add_ps(sums);
  return _mm512_reduce_add_ps(totals);
}

// Turns `count` weights, times `factor`, into pairs of codes in the first half of their place.
CK_AVX512 CK_INLINE void weight_codes(float *weights, ptrdiff_t count, float factor) {
  for (ptrdiff_t p = 0; p < count; p += 16) {
    __m512 scaled = _mm512_mul_ps(_mm512_load_ps(weights + p), _mm512_set1_ps(factor));
    _mm256_store_si256((__m256i *)(weights + p / 2),
                       _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(scaled)));
  }
}

// outputs[h] = factor · outputs[h] + Σ weights[h][p] · values[p] for 16 or 32 columns from `column`
// on and `steps` positions (pairs of them, of codes). They are prefetched in the order of memory.
// (With 64 columns the sums of 7 heads take 28 registers, and the compiler spills half of them.)
CK_AVX512 CK_INLINE void row_value_vectors(const CKAttention *attention, const float *weights,
                                           const CKHead *seen, const float *values, ptrdiff_t steps,
                                           ptrdiff_t column, const int heads, const int vectors,
                                           const bool codes) {
  const ptrdiff_t width = attention->width;
  float *outputs = attention->outputs + column;
  const char *coming = (const char *)(values + column * steps) + AHEAD_BYTES;
  __m512 sums[CK_ROW_HEADS][2];
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) sums[h][v] = _mm512_setzero_ps();
  }
  for (ptrdiff_t k = 0; k < steps; k++, coming += 64 * vectors) {
    __m512 columns[2];
    for (int v = 0; v < vectors; v++) {
      _mm_prefetch(coming + 64 * v, _MM_HINT_T0);
      columns[v] = _mm512_loadu_ps(values + k * width + column + 16 * v);
    }
    for (int h = 0; h < heads; h++) {
      __m512 x = _mm512_set1_ps(weights[h * CK_SCORE_CHUNK + k]);
      for (int v = 0; v < vectors; v++) {
        sums[h][v] = multiply_add(x, columns[v], sums[h][v], codes ? PAIRS : FLOATS);
      }
    }
  }
  for (int h = 0; h < heads; h++) {
    const __m512 factor = _mm512_set1_ps(seen[h].factor),
                 code_scale = _mm512_set1_ps(seen[h].code_scale);
    for (int v = 0; v < vectors; v++) {
      float *output = outputs + h * width + 16 * v;
      __m512 sum = sums[h][v];
      if (codes) sum = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_castps_si512(sum)), code_scale);
      _mm512_storeu_ps(output, _mm512_fmadd_ps(factor, _mm512_loadu_ps(output), sum));
    }
  }
}

// Adds weighted values of a chunk's `count` positions from `first` on to the outputs.
CK_AVX512 CK_INLINE void add_values(const CKAttention *attention, const float *weights,
                                    CKHead *seen, ptrdiff_t first, ptrdiff_t count, const int heads,
                                    const bool codes) {
  const int together = codes ? 2 : 1;
  for (ptrdiff_t p = 0; p < count; p += VALUE_POSITIONS) {
    const ptrdiff_t here = count - p < VALUE_POSITIONS ? count - p : VALUE_POSITIONS;
    const ptrdiff_t steps = (here + together - 1) / together;
    const float *values = positions_from(attention, attention->values, first + p);
    const float *row = weights + p / together;
    ptrdiff_t column = 0;
    for (; column + 32 <= attention->width; column += 32) {
      row_value_vectors(attention, row, seen, values, steps, column, heads, 2, codes);
    }
    if (column < attention->width) {
      row_value_vectors(attention, row, seen, values, steps, column, heads, 1, codes);
    }
    for (int h = 0; h < heads; h++) seen[h].factor = 1;
  }
}

// Scores of the `count` positions from `first` on.
CK_AVX512 CK_INLINE void make_scores(const CKAttention *attention, const RowWork *work,
                                     ptrdiff_t first, ptrdiff_t count, const int heads,
                                     const bool codes) {
  for (ptrdiff_t position = 0; position < count; position += CK_KEY_PANEL) {
    row_score_vectors(attention, work, first, position, heads, codes);
  }
}

CK_AVX512 CK_INLINE void quantize_queries(RowWork *work, ptrdiff_t width) {
  quantize_query_pairs(work->queries, width, work->query_scales);
}

#define TARGET CK_AVX512
#define QUERY_STEP CK_QUERY_STEP_AVX512
#include "attention/x86/attend_row.h"

void ck_fill_attend_row_avx512(CKKernels *kernels) { kernels->attend_row = attend_row; }

#endif
