// Attention of many queries with vectors of 256 bits: microtiles of 6 queries with the online
// softmax of attend_rows_avx512.c, in float32, or with int16 products of a cache's codes and, on
// demand, of a tile. A template, for files that define the hooks of microtile_256.h; it defines
// `attend_rows`.
//
// 6 queries by 16 keys (or columns of values) are 12 sums, 2 vectors, a broadcast and a product:
// all 16 registers. Roofline, Zen 3: 16 multiply-adds a cycle in float32, 26 in int16, where each
// product needs an addition. (benchmarks/notes/attention.md)
//
// What integers lose. Scores: see cache_format.h. Weights have 2^13 steps below the largest of
// their chunk: if all 352 lost half a step, outputs would be off by 2 % of the largest value; with
// random rounding by 7e-4, so no dither is needed. Values are off by at most 1 / 1488 of the
// largest of their column in the chunk. All errors seen were below 1.8e-3 for values of -2 to 2.
#include <float.h>
#include <math.h>

#include "attention/layout.h"
#include "attention/x86/integers_avx2.h"
#include "attention/x86/microtile_256.h"
#include "common/x86/vector_avx2.h"

#if CK_X86

enum { ROWS = CK_MICROTILE_ROWS_AVX2, QUERY_STEP = CK_QUERY_STEP_AVX2 };

// Columns of values that are side by side.
enum { VALUE_COLUMNS = 16 };

// With integers, pairs of codes take the place of floats: of neighbouring inputs of
// queries and keys, and of neighbouring positions of values; so only the first half of each
// [width][·] and [chunk][16] is used. (A cache's codes are [width / 2][16].)
typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;    // queries
  ptrdiff_t padded;   // width rounded up to 16
  float *queries;     // [microtile][width][QUERY_STEP], scaled
  float *sums;        // [microtile · ROWS][padded], not yet divided
  float *largest;     // [microtile][QUERY_STEP], of the scores so far, before `query_scales`
  float *weights;     // [microtile][QUERY_STEP], sums of exponentials
  const float *keys;  // [chunk / 16][key_step][16]: a cache's own, or `panels`
  ptrdiff_t key_step;
  float *panels;
  float *values;  // [padded / 16][CK_SCORE_CHUNK][16]
  // For integers only: scales of codes.
  float *query_scales;      // [microtile][QUERY_STEP]
  const float *key_scales;  // [chunk]: a cache's own, or `panel_scales`
  float *panel_scales;      // [chunk]
  float *value_scales;      // [padded]
} RowsWork;

// `width` floats of 8 rows (null: zeros), times `factor`, to `width` vectors `step` apart.
TARGET CK_INLINE void transpose_rows(const float *const rows[8], ptrdiff_t width, __m256 factor,
                                     float *target, const ptrdiff_t step) {
  for (ptrdiff_t i = 0; i < width; i += 8) {
    const __m256i mask = _mm256_castps_si256(elements_before(width - i));
    __m256 columns[8];
    for (int r = 0; r < 8; r++) {
      columns[r] = rows[r] ? _mm256_maskload_ps(rows[r] + i, mask) : _mm256_setzero_ps();
    }
    transpose_avx2(columns);
    for (ptrdiff_t k = 0; k < 8 && i + k < width; k++) {
      _mm256_store_ps(target + (i + k) * step, _mm256_mul_ps(columns[k], factor));
    }
  }
}

// Copies the queries, scaled so that the softmax may use powers of two, and clears the sums.
TARGET CK_INLINE void load_queries(const RowsWork *work, ptrdiff_t microtiles,
                                   const bool integers) {
  const ptrdiff_t width = work->attention->width;
  const __m256 scale = _mm256_set1_ps(1.44269504f / sqrtf((float)width));
  for (ptrdiff_t i = 0; i < microtiles * QUERY_STEP; i++) {
    // Not infinite: times a scale of zero it is zero.
    work->largest[i] = -FLT_MAX;
    work->weights[i] = 0;
  }
  memset(work->sums, 0, (size_t)(microtiles * ROWS * work->padded) * sizeof *work->sums);
  const float *next[ROWS];
  for (int r = 0; r < ROWS; r++) next[r] = query_pointer(work->attention, r);
  for (ptrdiff_t t = 0; t < microtiles; t++) {
    const float *queries[QUERY_STEP] = {NULL};
    for (int r = 0; r < ROWS; r++) {
      if (t * ROWS + r < work->count) queries[r] = next[r];
      next[r] = query_pointer(work->attention, (t + 1) * ROWS + r);
      for (ptrdiff_t i = 0; i < width; i += 16) _mm_prefetch(next[r] + i, _MM_HINT_T0);
    }
    float *target = work->queries + t * width * QUERY_STEP;
    transpose_rows(queries, width, scale, target, QUERY_STEP);
    if (integers) quantize_pairs(target, QUERY_STEP, width, work->query_scales + t * QUERY_STEP);
  }
}

// Lays out `chunk` keys of a tile from `keys` on, `stride` floats apart.
TARGET CK_INLINE void load_keys(const RowsWork *work, const float *keys, ptrdiff_t stride,
                                ptrdiff_t chunk, const bool integers) {
  const ptrdiff_t width = work->attention->width;
  for (ptrdiff_t p = 0; p < round_up(chunk, CK_KEY_PANEL); p += 8) {
    const float *rows[8] = {NULL};
    for (ptrdiff_t r = 0; r < 8 && p + r < chunk; r++) rows[r] = keys + (p + r) * stride;
    float *panel = work->panels + p / CK_KEY_PANEL * CK_KEY_PANEL * width + p % CK_KEY_PANEL;
    transpose_rows(rows, width, _mm256_set1_ps(1), panel, CK_KEY_PANEL);
    if (integers) quantize_pairs(panel, CK_KEY_PANEL, width, work->panel_scales + p);
  }
}

// The values' column `column`, from position 0 of the chunk on.
TARGET CK_INLINE float *value_columns(const RowsWork *work, ptrdiff_t column) {
  return work->values + column / VALUE_COLUMNS * VALUE_COLUMNS * CK_SCORE_CHUNK +
         column % VALUE_COLUMNS;
}

// 8 columns of a cache's value with floats or codes; zeros after the first `count`. `source` is
// the position's, or its pair's.
TARGET CK_INLINE __m256 load_values(const float *source, ptrdiff_t count, ptrdiff_t position,
                                    const float *scales) {
  __m256 columns = _mm256_maskload_ps(source, _mm256_castps_si256(elements_before(count)));
  if (!scales) return columns;
  __m256i pairs = _mm256_castps_si256(columns);
  if (position % 2 == 0) pairs = _mm256_slli_epi32(pairs, 16);
  return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_srai_epi32(pairs, 16)),
                       _mm256_broadcast_ss(scales + position));
}

// Lays out `chunk` keys and values from position `start` on as `RowsWork` says; a cache's keys
// already are.
TARGET CK_INLINE void load_chunk(RowsWork *work, ptrdiff_t start, ptrdiff_t chunk,
                                 const bool integers) {
  const CKAttention *attention = work->attention;
  const bool codes = attention->key_scales, packs = attention->position_stride > 0;
  const ptrdiff_t width = attention->width, stride = position_stride(attention);
  const ptrdiff_t together = positions_together(attention);
  const float *keys = positions_from(attention, attention->keys, start);
  const float *values = positions_from(attention, attention->values, start);
  const float *scales = codes ? attention->value_scales + start : NULL;
  for (ptrdiff_t p = 0; p < chunk; p++) {
    for (ptrdiff_t i = 0; i < work->padded; i += 8) {
      const ptrdiff_t place = p / together * stride + i;
      // A tile's positions lie in different pages, where the processor does not prefetch.
      if (i % 16 == 0) {
        _mm_prefetch(keys + place, _MM_HINT_T0);
        _mm_prefetch(values + place + 16 * stride, _MM_HINT_T0);
      }
      _mm256_store_ps(value_columns(work, i) + p * VALUE_COLUMNS,
                      load_values(values + place, width - i, p, scales));
    }
  }
  for (ptrdiff_t i = 0; integers && i < work->padded; i += 8) {
    quantize_values(value_columns(work, i), VALUE_COLUMNS, chunk, work->value_scales + i);
  }
  work->keys = packs ? work->panels : keys;
  work->key_step = codes ? width / 2 : width;
  work->key_scales = codes ? attention->key_scales + start : work->panel_scales;
  if (packs) load_keys(work, keys, stride, chunk, integers);
}

// Scores of a microtile of queries with 16 keys: [ROWS][CK_SCORE_STRIDE]; with integers without the
// queries' scales.
TARGET CK_INLINE void microtile_score_vectors(const RowsWork *work, ptrdiff_t microtile_index,
                                              ptrdiff_t position, float *scores,
                                              const bool integers) {
  const ptrdiff_t width = work->attention->width;
  __m256 sums[ROWS][2];
  for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
  microtile(work->queries + microtile_index * width * QUERY_STEP, 1, QUERY_STEP,
            work->keys + position * work->key_step, CK_KEY_PANEL,
            integers ? (width + 1) / 2 : width, NULL, false, sums, ROWS, integers ? PAIRS : FLOATS);
  for (int v = 0; v < 2; v++) {
    const ptrdiff_t column = position + 8 * v;
    const __m256 code_scale =
        integers ? _mm256_loadu_ps(work->key_scales + column) : _mm256_setzero_ps();
    for (int r = 0; r < ROWS; r++) {
      __m256 score = sums[r][v];
      if (integers)
        score = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_castps_si256(score)), code_scale);
      _mm256_store_ps(scores + r * CK_SCORE_STRIDE + column, score);
    }
  }
}

// What a row's sums of this chunk (integers only) and of earlier ones are multiplied by.
typedef struct {
  _Alignas(32) float now[QUERY_STEP], before[QUERY_STEP];
} Factors;

// Replaces a microtile's scores up to `positions` by weights.
//
// In floats they are exponentials of a score less the largest so far. In integers, which have no
// more than 2^13 steps, the largest is that of this chunk.
TARGET CK_INLINE void microtile_exponentials(const RowsWork *work, ptrdiff_t microtile_index,
                                             const ptrdiff_t limits[ROWS], ptrdiff_t positions,
                                             float *scores, Factors *factors, const bool integers) {
  _Alignas(32) float largest[QUERY_STEP];
  __m256 rows[QUERY_STEP];
  const ptrdiff_t first = microtile_index * QUERY_STEP;
  for (int r = 0; r < QUERY_STEP; r++) {
    rows[r] =
        r < ROWS ? largest_scores(scores + r * CK_SCORE_STRIDE, limits[r]) : _mm256_setzero_ps();
  }
  transpose_avx2(rows);
  // The largest score of a row that sees nothing of this chunk is -infinity.
  __m256 here = _mm256_set1_ps(-FLT_MAX);
  for (int i = 0; i < 8; i++) here = _mm256_max_ps(rows[i], here);
  __m256 scale = integers ? _mm256_load_ps(work->query_scales + first) : _mm256_set1_ps(1);
  __m256 before = _mm256_load_ps(work->largest + first), now = _mm256_max_ps(here, before);
  __m256 past = exp2_avx2(_mm256_mul_ps(_mm256_sub_ps(before, now), scale));
  __m256 present = exp2_avx2(_mm256_mul_ps(_mm256_sub_ps(here, now), scale));
  _mm256_store_ps(largest, integers ? here : now);
  _mm256_store_ps(work->largest + first, now);
  _mm256_store_ps(factors->before, past);
  _mm256_store_ps(factors->now, present);
  for (int r = 0; r < ROWS; r++) {
    float *row = scores + r * CK_SCORE_STRIDE;
    rows[r] =
        integers ? integer_row(row, limits[r], positions, work->query_scales[first + r], largest[r])
                 : exponential_row(row, limits[r], positions, largest[r]);
  }
  for (int r = ROWS; r < QUERY_STEP; r++) rows[r] = _mm256_setzero_ps();
  transpose_avx2(rows);
  __m256 sums = rows[0];
  for (int i = 1; i < 8; i++) sums = _mm256_add_ps(sums, rows[i]);
  if (integers) sums = _mm256_mul_ps(sums, present);
  _mm256_store_ps(work->weights + first,
                  _mm256_fmadd_ps(_mm256_load_ps(work->weights + first), past, sums));
}

// Adds a microtile's weighted values to its sums, 16 columns from `column` on.
TARGET CK_INLINE void microtile_value_vectors(const RowsWork *work, ptrdiff_t microtile_index,
                                              ptrdiff_t column, ptrdiff_t positions,
                                              const float *scores, const Factors *factors,
                                              const bool integers) {
  const ptrdiff_t padded = work->padded;
  float *target = work->sums + microtile_index * ROWS * padded + column;
  __m256 sums[ROWS][2];
  for (int r = 0; r < ROWS; r++) {
    const __m256 factor = _mm256_broadcast_ss(factors->before + r);
    for (int v = 0; v < 2; v++) {
      sums[r][v] = integers ? _mm256_setzero_ps()
                            : _mm256_mul_ps(factor, _mm256_load_ps(target + r * padded + 8 * v));
    }
  }
  microtile(scores, CK_SCORE_STRIDE, 1, value_columns(work, column), VALUE_COLUMNS,
            integers ? (positions + 1) / 2 : positions, NULL, false, sums, ROWS,
            integers ? PAIRS : FLOATS);
  for (int r = 0; r < ROWS; r++) {
    for (int v = 0; v < 2; v++) {
      float *place = target + r * padded + 8 * v;
      __m256 sum = sums[r][v];
      if (integers) {
        __m256 before =
            _mm256_mul_ps(_mm256_broadcast_ss(factors->before + r), _mm256_load_ps(place));
        __m256 code_scale = _mm256_mul_ps(_mm256_broadcast_ss(factors->now + r),
                                          _mm256_load_ps(work->value_scales + column + 8 * v));
        sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(_mm256_castps_si256(sum)), code_scale, before);
      }
      _mm256_store_ps(place, sum);
    }
  }
}

// A microtile of queries against `chunk` positions from `start` on.
TARGET CK_INLINE void attend_microtile(const RowsWork *work, ptrdiff_t microtile_index,
                                       ptrdiff_t start, ptrdiff_t chunk, const bool integers) {
  ptrdiff_t limits[ROWS];
  ptrdiff_t positions =
      microtile_limits(work->attention, microtile_index * ROWS, ROWS, start, chunk, limits);
  if (positions == 0) return;
  _Alignas(64) float scores[ROWS * CK_SCORE_STRIDE];
  for (ptrdiff_t position = 0; position < positions; position += CK_KEY_PANEL) {
    microtile_score_vectors(work, microtile_index, position, scores, integers);
  }
  Factors factors;
  microtile_exponentials(work, microtile_index, limits, positions, scores, &factors, integers);
  for (ptrdiff_t column = 0; column < work->padded; column += VALUE_COLUMNS) {
    microtile_value_vectors(work, microtile_index, column, positions, scores, &factors, integers);
  }
}

// Divides the sums by those of the weights.
TARGET CK_INLINE void store_outputs(const RowsWork *work) {
  for (ptrdiff_t q = 0; q < work->count; q++) {
    const __m256 weight = _mm256_broadcast_ss(work->weights + q / ROWS * QUERY_STEP + q % ROWS);
    float *output = output_pointer(work->attention, q);
    const float *ahead = output_pointer(work->attention, q + 8);
    for (ptrdiff_t i = 0; i < work->attention->width; i += 8) {
      if (i % 16 == 0) __builtin_prefetch(ahead + i, 1);
      _mm256_maskstore_ps(output + i,
                          _mm256_castps_si256(elements_before(work->attention->width - i)),
                          _mm256_div_ps(_mm256_load_ps(work->sums + q * work->padded + i), weight));
    }
  }
}

TARGET CK_INLINE void attend_queries(const CKAttention *attention, float *scratch,
                                     const bool integers) {
  const ptrdiff_t count = attention->rows * attention->heads,
                  microtiles = (count + ROWS - 1) / ROWS;
  const ptrdiff_t width = attention->width, padded = round_up(width, VALUE_COLUMNS);
  RowsWork work = {.attention = attention, .count = count, .padded = padded, .queries = scratch};
  work.sums = work.queries + microtiles * width * QUERY_STEP;
  work.panels = work.sums + microtiles * ROWS * padded;
  work.values = work.panels + CK_SCORE_CHUNK * width;
  work.largest = work.values + CK_SCORE_CHUNK * padded;
  work.weights = work.largest + microtiles * QUERY_STEP;
  work.query_scales = work.weights + microtiles * QUERY_STEP;
  work.panel_scales = work.query_scales + microtiles * QUERY_STEP;
  work.value_scales = work.panel_scales + CK_SCORE_CHUNK;
  load_queries(&work, microtiles, integers);
  // Chunks of about the same size.
  const ptrdiff_t chunks = (attention->positions + CK_SCORE_CHUNK - 1) / CK_SCORE_CHUNK;
  const ptrdiff_t size = round_up((attention->positions + chunks - 1) / chunks, CK_KEY_PANEL);
  for (ptrdiff_t start = 0; start < attention->positions; start += size) {
    const ptrdiff_t left = attention->positions - start, chunk = left < size ? left : size;
    load_chunk(&work, start, chunk, integers);
    for (ptrdiff_t t = 0; t < microtiles; t++) attend_microtile(&work, t, start, chunk, integers);
  }
  store_outputs(&work);
}

TARGET static void attend_floats(const CKAttention *attention, float *scratch) {
  attend_queries(attention, scratch, false);
}

TARGET static void attend_integers(const CKAttention *attention, float *scratch) {
  attend_queries(attention, scratch, true);
}

static void attend_rows(const CKAttention *attention, float *scratch) {
  if (attention->key_scales || attention->integers) return attend_integers(attention, scratch);
  attend_floats(attention, scratch);
}

#endif
