// Attention of many queries, AVX-512, in microtiles of 14 queries (online softmax: Milakov and
// Gimelshein 2018; Dao et al. 2022): in float32, or with scores in int16 (of a cache's codes) or
// int8 (within a tile) and weights and values in int8.
//
// Roofline: a score costs width multiply-adds, and its part of the output as many again, in
// products of 14 rows by 32 columns from L2, bound by arithmetic as in float/gemm; int16 does twice
// the products of float32, int8 four times. An exponential costs about 12 operations for 16 scores.
// (benchmarks/notes/attention.md)
//
// Queries and keys have a scale each, values one per column and chunk. The error of int16 scores is
// about 1e-5 of |query| · |key| (cache_format.h), that of int8 scores about 1e-3 of |query| · |key
// less the keys' mean|; what all keys have in common changes no difference of scores (Zhang et al.
// 2024, SageAttention).
//
// Weights have 255 steps below the largest of their chunk. Where one position has most of the
// weight, rounding would lose what the others have together, so a dither decides which of them
// become a step. Outputs are divided by the sum of the same steps. 352 products of at most 255 ·
// 127 are far from overflowing an int32.
#include <math.h>

#include "attention/x86/layout_avx512.h"
#include "attention/x86/softmax_avx512.h"
#include "common/x86/fill.h"

#if CK_X86

// sums[r][c] += Σ_k left[r · row_step + k · input_step] · right[k · step + c · next] for 1 or 2
// vectors c. The steps of `left` are constants, so that one register addresses all rows.
CK_AVX512 CK_INLINE void microtile(const float *left, const ptrdiff_t row_step,
                                   const ptrdiff_t input_step, const float *right, ptrdiff_t step,
                                   ptrdiff_t next, ptrdiff_t count,
                                   __m512 sums[CK_MICROTILE_ROWS_AVX512][2], const int vectors,
                                   const Elements elements) {
  for (ptrdiff_t k = 0; k < count; k++) {
    __m512 columns[2];
    for (int c = 0; c < vectors; c++) {
      columns[c] = _mm512_load_ps(right + k * step + c * next);
      _mm_prefetch((const char *)(right + (k + 8) * step + c * next), _MM_HINT_T0);
    }
    for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
      __m512 x = _mm512_set1_ps(left[r * row_step + k * input_step]);
      for (int c = 0; c < vectors; c++) {
        sums[r][c] = multiply_add(x, columns[c], sums[r][c], elements);
      }
    }
  }
}

// Scores of a microtile of queries with 16 or 32 keys: [14][CK_SCORE_STRIDE]; with integers without
// the queries' scales.
CK_AVX512 CK_INLINE void microtile_score_vectors(const RowsWork *work, ptrdiff_t query,
                                                 ptrdiff_t position, float *scores,
                                                 const int vectors, const Scores kind) {
  ptrdiff_t width = work->attention->width;
  // A key's place in `keys`; see `RowsWork`.
  const ptrdiff_t floats = kind == Int16Scores ? width / 2 : width;
  __m512 sums[CK_MICROTILE_ROWS_AVX512][2];
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
    for (int c = 0; c < vectors; c++) {
      sums[r][c] = kind == Int8Scores ? _mm512_load_ps(work->starts + position + 16 * c)
                                      : _mm512_setzero_ps();
    }
  }
  const int together = kind == FloatScores ? 1 : kind == Int16Scores ? 2 : 4;
  microtile(work->queries + query / CK_MICROTILE_ROWS_AVX512 * width * CK_QUERY_STEP_AVX512, 1,
            CK_QUERY_STEP_AVX512, work->keys + position * floats, CK_KEY_PANEL,
            CK_KEY_PANEL * floats, (width + together - 1) / together, sums, vectors,
            together == 1   ? FLOATS
            : together == 2 ? PAIRS
                            : FOURS);
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
    for (int c = 0; c < vectors; c++) {
      ptrdiff_t column = position + 16 * c;
      __m512 score = sums[r][c];
      if (kind != FloatScores) {
        score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_castps_si512(score)),
                              _mm512_load_ps(work->key_scales + column));
      }
      _mm512_store_ps(scores + r * CK_SCORE_STRIDE + column, score);
    }
  }
}

// Folds 16 vectors to one: element r is `OP` of all elements of vector r. Neighbours are exchanged
// and folded over distances 1, 2, 4 and 8.
#define FOLD_ROWS(NAME, OP)                                                                        \
  CK_AVX512 CK_INLINE __m512 NAME(const __m512 rows[16]) {                                         \
    __m512 pairs[8], fours[4], eights[2];                                                          \
    for (int i = 0; i < 8; i++) {                                                                  \
      pairs[i] = OP(_mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]),                              \
                    _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]));                             \
    }                                                                                              \
    for (int i = 0; i < 4; i++) {                                                                  \
      __m512d low = _mm512_castps_pd(pairs[2 * i]), high = _mm512_castps_pd(pairs[2 * i + 1]);     \
      fours[i] = OP(_mm512_castpd_ps(_mm512_unpacklo_pd(low, high)),                               \
                    _mm512_castpd_ps(_mm512_unpackhi_pd(low, high)));                              \
    }                                                                                              \
    for (int i = 0; i < 2; i++) {                                                                  \
      eights[i] = OP(_mm512_shuffle_f32x4(fours[2 * i], fours[2 * i + 1], 0x88),                   \
                     _mm512_shuffle_f32x4(fours[2 * i], fours[2 * i + 1], 0xdd));                  \
    }                                                                                              \
    return OP(_mm512_shuffle_f32x4(eights[0], eights[1], 0x88),                                    \
              _mm512_shuffle_f32x4(eights[0], eights[1], 0xdd));                                   \
  }
FOLD_ROWS(row_maxima, _mm512_max_ps)
FOLD_ROWS(row_sums, _mm512_add_ps)

// What a row's sums of this chunk (integers only) and of earlier ones are multiplied by.
typedef struct {
  _Alignas(64) float now[CK_QUERY_STEP_AVX512], before[CK_QUERY_STEP_AVX512];
} Factors;

// Replaces a microtile's scores up to `positions` by weights.
//
// In floats they are exponentials of a score less the largest so far. In integers, which have no
// more than 255 steps, the largest is that of this chunk.
CK_AVX512 CK_INLINE void microtile_exponentials(const RowsWork *work, ptrdiff_t query,
                                                const ptrdiff_t limits[CK_MICROTILE_ROWS_AVX512],
                                                ptrdiff_t positions, float *scores,
                                                Factors *factors, const bool integers) {
  _Alignas(64) float largest[CK_QUERY_STEP_AVX512];
  __m512 rows[CK_QUERY_STEP_AVX512];
  const ptrdiff_t first = query / CK_MICROTILE_ROWS_AVX512 * CK_QUERY_STEP_AVX512;
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
    rows[r] = largest_scores(scores + r * CK_SCORE_STRIDE, limits[r]);
  }
  for (int r = CK_MICROTILE_ROWS_AVX512; r < CK_QUERY_STEP_AVX512; r++)
    rows[r] = _mm512_setzero_ps();
  __m512 scale = integers ? _mm512_load_ps(work->query_scales + first) : _mm512_set1_ps(1);
  __m512 before = _mm512_load_ps(work->largest + first);
  // The largest score of a row that sees nothing of this chunk is -infinity.
  __m512 here = _mm512_max_ps(row_maxima(rows), _mm512_set1_ps(-FLT_MAX));
  __m512 now = _mm512_max_ps(here, before);
  __m512 past = exp2_avx512(_mm512_mul_ps(_mm512_sub_ps(before, now), scale));
  __m512 present = exp2_avx512(_mm512_mul_ps(_mm512_sub_ps(here, now), scale));
  _mm512_store_ps(largest, integers ? here : now);
  _mm512_store_ps(work->largest + first, now);
  _mm512_store_ps(factors->before, past);
  _mm512_store_ps(factors->now, present);
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
    float *row = scores + r * CK_SCORE_STRIDE;
    rows[r] = integers ? exponential_row_bytes(row, limits[r], positions,
                                               work->query_scales[first + r], largest[r])
                       : exponential_row(row, limits[r], positions, largest[r]);
    // Codes of weights have no NaN.
    if (integers && limits[r] > work->numbers) rows[r] = _mm512_set1_ps(NAN);
  }
  __m512 sums = row_sums(rows);
  if (integers) sums = _mm512_mul_ps(sums, present);
  _mm512_store_ps(work->weights + first,
                  _mm512_fmadd_ps(_mm512_load_ps(work->weights + first), past, sums));
}

// Adds a microtile's weighted values to its sums, 16 or 32 columns from `column` on.
CK_AVX512 CK_INLINE void microtile_value_vectors(const RowsWork *work, ptrdiff_t query,
                                                 ptrdiff_t column, ptrdiff_t positions,
                                                 const float *scores, const Factors *factors,
                                                 const int vectors, const bool integers) {
  float *target = work->sums + query * work->padded + column;
  __m512 sums[CK_MICROTILE_ROWS_AVX512][2];
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
    __m512 factor = _mm512_set1_ps(factors->before[r]);
    for (int c = 0; c < vectors; c++) {
      __m512 before = _mm512_load_ps(target + r * work->padded + 16 * c);
      sums[r][c] = integers ? _mm512_setzero_ps() : _mm512_mul_ps(factor, before);
    }
  }
  microtile(scores, CK_SCORE_STRIDE, 1, value_columns(work->values, column), VALUE_COLUMNS, 16,
            integers ? (positions + 3) / 4 : positions, sums, vectors, integers ? FOURS : FLOATS);
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
    for (int c = 0; c < vectors; c++) {
      float *place = target + r * work->padded + 16 * c;
      __m512 sum = sums[r][c];
      if (integers) {
        __m512 before = _mm512_mul_ps(_mm512_set1_ps(factors->before[r]), _mm512_load_ps(place));
        __m512 code_scale = _mm512_mul_ps(_mm512_set1_ps(factors->now[r]),
                                          _mm512_load_ps(work->value_scales + column + 16 * c));
        sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_castps_si512(sum)), code_scale, before);
      }
      _mm512_store_ps(place, sum);
    }
  }
}

// The microtile of queries from `query` on against `chunk` positions from `start` on.
CK_AVX512 CK_INLINE void attend_microtile(const RowsWork *work, ptrdiff_t query, ptrdiff_t start,
                                          ptrdiff_t chunk, const Scores kind) {
  const bool integers = kind != FloatScores;
  ptrdiff_t limits[CK_MICROTILE_ROWS_AVX512];
  ptrdiff_t positions =
      microtile_limits(work->attention, query, CK_MICROTILE_ROWS_AVX512, start, chunk, limits);
  if (positions == 0) return;
  _Alignas(64) float scores[CK_MICROTILE_ROWS_AVX512 * CK_SCORE_STRIDE];
  ptrdiff_t position = 0;
  for (; position + 16 < positions; position += 32) {
    microtile_score_vectors(work, query, position, scores, 2, kind);
  }
  if (position < positions) microtile_score_vectors(work, query, position, scores, 1, kind);
  Factors factors;
  microtile_exponentials(work, query, limits, positions, scores, &factors, integers);
  ptrdiff_t column = 0;
  for (; column + 16 < work->padded; column += 32) {
    microtile_value_vectors(work, query, column, positions, scores, &factors, 2, integers);
  }
  if (column < work->padded) {
    microtile_value_vectors(work, query, column, positions, scores, &factors, 1, integers);
  }
}

CK_AVX512 CK_INLINE void attend_queries(const CKAttention *attention, float *scratch,
                                        const Scores kind) {
  ptrdiff_t count = attention->rows * attention->heads;
  ptrdiff_t microtiles = round_up(count, CK_MICROTILE_ROWS_AVX512) / CK_MICROTILE_ROWS_AVX512;
  ptrdiff_t width = attention->width, padded = round_up(width, 16);
  RowsWork work = {.attention = attention, .count = count, .padded = padded, .queries = scratch};
  work.sums = work.queries + microtiles * width * CK_QUERY_STEP_AVX512;
  work.panels = work.sums + microtiles * CK_MICROTILE_ROWS_AVX512 * padded;
  work.values = work.panels + CK_SCORE_CHUNK * width;
  work.largest = work.values + CK_SCORE_CHUNK * round_up(padded, VALUE_COLUMNS);
  work.weights = work.largest + microtiles * CK_QUERY_STEP_AVX512;
  work.query_scales = work.weights + microtiles * CK_QUERY_STEP_AVX512;
  work.panel_scales = work.query_scales + microtiles * CK_QUERY_STEP_AVX512;
  work.starts = (int32_t *)(work.panel_scales + CK_SCORE_CHUNK);
  work.key_mean = work.panel_scales + 2 * CK_SCORE_CHUNK;
  work.value_scales = work.key_mean + padded;
  load_queries(&work, microtiles, kind);
  // Chunks of about the same size, multiples of 32: pairs of vectors of keys and of weights.
  ptrdiff_t chunks = round_up(attention->positions, CK_SCORE_CHUNK) / CK_SCORE_CHUNK;
  ptrdiff_t size = round_up((attention->positions + chunks - 1) / chunks, 32);
  for (ptrdiff_t start = 0; start < attention->positions; start += size) {
    ptrdiff_t left = attention->positions - start;
    ptrdiff_t chunk = left < size ? left : size;
    load_chunk(&work, start, chunk);
    if (start == 0 && kind == Int8Scores) load_mean(&work, chunk);
    if (kind != FloatScores) quantize_chunk(&work, chunk, kind);
    for (ptrdiff_t t = 0; t < microtiles; t++) {
      attend_microtile(&work, t * CK_MICROTILE_ROWS_AVX512, start, chunk, kind);
    }
  }
  store_outputs(&work);
}

// One function for each kind, so that its loops have only its own instructions.
#define ATTEND(KIND)                                                                               \
  CK_AVX512 static void attend_##KIND(const CKAttention *attention, float *scratch) {              \
    attend_queries(attention, scratch, KIND);                                                      \
  }
ATTEND(FloatScores)
ATTEND(Int16Scores)
ATTEND(Int8Scores)

static void attend_rows(const CKAttention *attention, float *scratch) {
  if (attention->key_scales) return attend_Int16Scores(attention, scratch);
  if (attention->integers) return attend_Int8Scores(attention, scratch);
  return attend_FloatScores(attention, scratch);
}

static ptrdiff_t attention_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions) {
  (void)positions;
  return scratch_bytes(queries, width, CK_MICROTILE_ROWS_AVX512, CK_QUERY_STEP_AVX512);
}

void ck_fill_attend_rows_avx512(CKKernels *kernels) {
  kernels->attend_rows = attend_rows;
  kernels->attention_scratch_bytes = attention_scratch_bytes;
}

#endif
