// What attend_rows_avx512.c multiplies: queries, keys and values laid out for its microtiles, and
// the way back.
#ifndef CK_ATTENTION_X86_LAYOUT_AVX512_H
#define CK_ATTENTION_X86_LAYOUT_AVX512_H

#include <float.h>
#include <math.h>

#include "attention/layout.h"
#include "attention/x86/integers_avx512.h"
#include "common/x86/vector_avx512.h"
#include "float/x86/pack_panels_avx512.h"

#if CK_X86

// The types of the queries and keys. Values and their weights are float32 with floats, else int8.
typedef enum { FloatScores, Int16Scores, Int8Scores } Scores;

// Columns of values that are side by side.
#define VALUE_COLUMNS 32

// With integers, pairs (int16) or fours (int8) of codes take the place of floats: of
// neighbouring inputs of queries and keys, and fours of neighbouring positions of values; so only
// the first part of each [width][16] and [chunk][32] is used. (A cache's codes are
// [width / 2][16].)
typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;    // queries
  ptrdiff_t padded;   // width rounded up to 16
  float *queries;     // [microtile][width][CK_QUERY_STEP_AVX512], scaled
  float *sums;        // [count][padded], not yet divided
  float *largest;     // [microtile][CK_QUERY_STEP_AVX512], so far, before `query_scales`
  float *weights;     // [microtile][CK_QUERY_STEP_AVX512], sums of exponentials
  const float *keys;  // [chunk / 16][width][16]: a cache's own, or `panels`
  float *panels;
  float *values;  // [padded / 32][chunk][32]: a microtile reads whole lines one after the other
  // For integers only: scales of codes.
  float *query_scales;      // [microtile][CK_QUERY_STEP_AVX512]
  const float *key_scales;  // [chunk]: a cache's own, or `panel_scales`
  float *value_scales;      // [padded]
  ptrdiff_t numbers;        // how many of the chunk's keys come before one with a NaN
  // For int8 scores only: what sums of a key begin with, and the mean that keys lost.
  float *panel_scales;  // [chunk]
  int32_t *starts;      // [chunk]
  float *key_mean;      // [padded]
} RowsWork;

// The values of the 32 columns around `column`, from position 0 of the chunk on.
CK_INLINE float *value_columns(float *values, ptrdiff_t column) {
  return values + column / VALUE_COLUMNS * VALUE_COLUMNS * CK_SCORE_CHUNK + column % VALUE_COLUMNS;
}

// 16 columns of a cache's value with floats or codes; zeros after the first `count`.
// `source` is the position's, or its pair's.
CK_AVX512 CK_INLINE __m512 load_values(const float *source, ptrdiff_t count, ptrdiff_t position,
                                       const float *scales) {
  __m512 columns = _mm512_maskz_loadu_ps(elements_avx512(count), source);
  if (!scales) return columns;
  __m512i pairs = _mm512_castps_si512(columns);
  if (position % 2 == 0) pairs = _mm512_slli_epi32(pairs, 16);
  return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_srai_epi32(pairs, 16)),
                       _mm512_set1_ps(scales[position]));
}

// Lays out keys and values as `RowsWork` says; a cache's keys already are.
CK_AVX512 CK_INLINE void load_chunk(RowsWork *work, ptrdiff_t start, ptrdiff_t chunk) {
  const CKAttention *attention = work->attention;
  const bool codes = attention->key_scales, packs = attention->position_stride > 0;
  const ptrdiff_t width = attention->width, stride = position_stride(attention);
  const ptrdiff_t together = positions_together(attention);
  const float *keys = positions_from(attention, attention->keys, start);
  const float *values = positions_from(attention, attention->values, start);
  const float *scales = codes ? attention->value_scales + start : NULL;
  if (packs) {
    ck_pack_panels_avx512(keys, CKFloatType32, stride, chunk, width, work->panels,
                          width * CK_KEY_PANEL);
  }
  work->keys = packs ? work->panels : keys;
  work->key_scales = codes ? attention->key_scales + start : work->panel_scales;
  float *target = work->values;
  for (ptrdiff_t p = 0; p < chunk; p++, target += VALUE_COLUMNS) {
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      const float *place = values + p / together * stride + i;
      // A tile's positions lie in different pages, where the processor does not prefetch.
      _mm_prefetch((const char *)(place + 16 * stride), _MM_HINT_T0);
      _mm512_store_ps(value_columns(target, i), load_values(place, width - i, p, scales));
    }
  }
}

// Copies the queries, scaled so that the softmax may use powers of two, and clears the sums.
CK_AVX512 CK_INLINE void load_queries(const RowsWork *work, ptrdiff_t microtiles,
                                      const Scores kind) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width;
  float scale = 1.44269504f / sqrtf((float)width);
  for (ptrdiff_t i = 0; i < microtiles * CK_QUERY_STEP_AVX512; i++) {
    // Not infinite: times a scale of zero it is zero.
    work->largest[i] = -FLT_MAX;
    work->weights[i] = 0;
  }
  for (ptrdiff_t i = 0; i < microtiles * CK_MICROTILE_ROWS_AVX512 * work->padded; i += 16) {
    _mm512_store_ps(work->sums + i, _mm512_setzero_ps());
  }
  const float *queries[CK_MICROTILE_ROWS_AVX512], *next[CK_MICROTILE_ROWS_AVX512];
  for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) next[r] = query_pointer(attention, r);
  for (ptrdiff_t t = 0; t < microtiles; t++) {
    for (int r = 0; r < CK_MICROTILE_ROWS_AVX512; r++) {
      queries[r] = next[r];
      next[r] = query_pointer(attention, (t + 1) * CK_MICROTILE_ROWS_AVX512 + r);
    }
    ptrdiff_t left = work->count - t * CK_MICROTILE_ROWS_AVX512;
    float *target = work->queries + t * width * CK_QUERY_STEP_AVX512;
    for (ptrdiff_t i = 0; i < width; i += 16) {
      __m512 columns[16];
      for (int r = 0; r < 16; r++) {
        columns[r] = _mm512_setzero_ps();
        if (r >= CK_MICROTILE_ROWS_AVX512) continue;
        if (r < left)
          columns[r] = _mm512_maskz_loadu_ps(elements_avx512(width - i), queries[r] + i);
        _mm_prefetch((const char *)(next[r] + i), _MM_HINT_T0);
      }
      transpose_avx512(columns);
      for (ptrdiff_t k = 0; k < 16 && i + k < width; k++) {
        _mm512_store_ps(target + (i + k) * CK_QUERY_STEP_AVX512,
                        _mm512_mul_ps(columns[k], _mm512_set1_ps(scale)));
      }
    }
    float *scales = work->query_scales + t * CK_QUERY_STEP_AVX512;
    if (kind == Int16Scores) quantize_query_pairs(target, width, scales);
    if (kind == Int8Scores) quantize_query_bytes(target, width, scales);
  }
}

// Divides the sums by those of the weights. Inlined, it would cost the int16 loops 4 to 6 %.
CK_AVX512 static void store_outputs(const RowsWork *work) {
  for (ptrdiff_t q = 0; q < work->count; q++) {
    float weight = work->weights[q / CK_MICROTILE_ROWS_AVX512 * CK_QUERY_STEP_AVX512 +
                                 q % CK_MICROTILE_ROWS_AVX512];
    float *output = output_pointer(work->attention, q);
    const char *ahead = (const char *)output_pointer(work->attention, q + 8);
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      __builtin_prefetch(ahead + i * (ptrdiff_t)sizeof *output, 1);
      _mm512_mask_storeu_ps(output + i, elements_avx512(work->attention->width - i),
                            _mm512_mul_ps(_mm512_set1_ps(1 / weight),
                                          _mm512_load_ps(work->sums + q * work->padded + i)));
    }
  }
}

// The mean of the first `chunk` keys. It changes all scores of a query by the same amount, which
// cancels in the softmax, but would take most of the eight bits of a code.
CK_AVX512 CK_INLINE void load_mean(const RowsWork *work, ptrdiff_t chunk) {
  ptrdiff_t width = work->attention->width;
  for (ptrdiff_t i = 0; i < width; i++) {
    __m512 sum = _mm512_setzero_ps();
    for (ptrdiff_t p = 0; p < chunk; p += CK_KEY_PANEL) {
      // Zeros follow the last key.
      sum = _mm512_add_ps(sum, _mm512_load_ps(work->panels + p * width + i * CK_KEY_PANEL));
    }
    work->key_mean[i] = _mm512_reduce_add_ps(sum) / (float)chunk;
  }
}

// Turns a chunk's values into codes, and its keys where they are floats.
CK_AVX512 CK_INLINE void quantize_chunk(RowsWork *work, ptrdiff_t chunk, const Scores kind) {
  ptrdiff_t width = work->attention->width;
  for (ptrdiff_t p = 0; kind == Int8Scores && p < chunk; p += CK_KEY_PANEL) {
    quantize_key_bytes(work->panels + p * width, width, work->key_mean, work->panel_scales + p,
                       work->starts + p);
  }
  for (ptrdiff_t i = 0; i < work->padded; i += 16) {
    quantize_values(value_columns(work->values, i), chunk, VALUE_COLUMNS, work->value_scales + i);
  }
  work->numbers = 0;
  while (work->numbers < chunk && !isnan(work->key_scales[work->numbers])) work->numbers++;
}

#endif

#endif
