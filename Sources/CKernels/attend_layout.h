/* What attend_many.c multiplies: queries, keys and values laid out for its tiles, and the way back. */
#ifndef CK_ATTEND_LAYOUT_H
#define CK_ATTEND_LAYOUT_H

#include <float.h>
#include <math.h>

#include "attend_integers.h"
#include "attention_internal.h"
#include "include/float_products.h"
#include "vector_avx512.h"

#if CK_X86

/* A tile has 14 queries; what it keeps of them is 16 apart, so that one vector holds it. */
#define QUERY_STEP 16

/* Columns of values that stand together. */
#define VALUE_COLUMNS 32

/* With integers, pairs (int16) or fours (int8) of codes stand where there would be floats: of
   neighbouring inputs of queries and keys, and fours of neighbouring positions of values; so only the
   first part of each [width][16] and [block][32] is used. */
typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;    /* queries */
  ptrdiff_t padded;   /* width rounded up to 16 */
  float *queries;     /* [tile][width][QUERY_STEP], scaled */
  float *sums;        /* [count][padded], not yet divided */
  float *largest;     /* [tile][QUERY_STEP], of the scores so far (integers: before `queryScales`) */
  float *weights;     /* [tile][QUERY_STEP], sums of exponentials */
  float *keys;        /* [block / 16][width][16] */
  float *values;      /* [padded / 32][block][32]: a tile reads whole lines one after the other */
  /* For integers only: what codes are worth, what sums of a key begin with, the mean that keys lost. */
  float *queryScales; /* [tile][QUERY_STEP] */
  float *keyScales;   /* [block] */
  int32_t *starts;    /* [block] */
  float *keyMean;     /* [padded] */
  float *valueScales; /* [padded] */
} Work;

/* The values of the 32 columns around `column`, from position 0 of the block on. */
CK_INLINE float *value_columns(float *values, ptrdiff_t column) {
  return values + column / VALUE_COLUMNS * VALUE_COLUMNS * CK_SCORE_BLOCK + column % VALUE_COLUMNS;
}

/* Lays out keys and values as `Work` says. */
CK_AVX512VNNI CK_INLINE void load_block(const Work *work, ptrdiff_t start, ptrdiff_t block) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width, padded = work->padded, stride = attention->positionStride;
  ptrdiff_t bytes = attention->type == CKFloatType32 ? 4 : 2;
  if (stride > 0) {
    ck_pack_panels((const char *)attention->keys + start * stride * bytes, attention->type, stride,
                   block, width, work->keys, width * CK_KEY_BLOCK, CKInstructionSetAVX512VNNI);
  } else {
    ptrdiff_t count = round_up(block, CK_KEY_BLOCK) * width;
    for (ptrdiff_t i = 0; i < count; i += 16) {
      _mm512_store_ps(work->keys + i, load_avx512(attention->keys, attention->type,
                                                  start * width + i, 0xffff));
    }
    stride = width;
  }
  const char *values = (const char *)attention->values + start * stride * bytes;
  float *target = work->values;
  for (ptrdiff_t p = 0; p < block; p++, values += stride * bytes, target += VALUE_COLUMNS) {
    for (ptrdiff_t i = 0; i < padded; i += 16) {
      /* A tile's positions lie in different pages, where the processor does not prefetch. */
      _mm_prefetch(values + (16 * stride + i) * bytes, _MM_HINT_T0);
      _mm512_store_ps(value_columns(target, i),
                      load_avx512(values, attention->type, i, lanes_avx512(width - i)));
    }
  }
}

/* Copies the queries, scaled so that the softmax may use powers of two, and clears the sums. */
CK_AVX512VNNI CK_INLINE void load_queries(const Work *work, ptrdiff_t tiles,
                                          const CKAttentionProducts products) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width;
  float scale = 1.44269504f / sqrtf((float)width);
  for (ptrdiff_t i = 0; i < tiles * QUERY_STEP; i++) {
    /* Not infinite: times a scale of zero it is zero. */
    work->largest[i] = -FLT_MAX;
    work->weights[i] = 0;
  }
  for (ptrdiff_t i = 0; i < tiles * CK_SCORE_ROWS * work->padded; i += 16) {
    _mm512_store_ps(work->sums + i, _mm512_setzero_ps());
  }
  const float *queries[CK_SCORE_ROWS], *next[CK_SCORE_ROWS];
  for (int r = 0; r < CK_SCORE_ROWS; r++) next[r] = query_pointer(attention, r);
  for (ptrdiff_t t = 0; t < tiles; t++) {
    for (int r = 0; r < CK_SCORE_ROWS; r++) {
      queries[r] = next[r];
      next[r] = query_pointer(attention, (t + 1) * CK_SCORE_ROWS + r);
    }
    ptrdiff_t left = work->count - t * CK_SCORE_ROWS;
    float *target = work->queries + t * width * QUERY_STEP;
    for (ptrdiff_t i = 0; i < width; i += 16) {
      __m512 columns[16];
      for (int r = 0; r < 16; r++) {
        columns[r] = _mm512_setzero_ps();
        if (r >= CK_SCORE_ROWS) continue;
        if (r < left) columns[r] = _mm512_maskz_loadu_ps(lanes_avx512(width - i), queries[r] + i);
        _mm_prefetch((const char *)(next[r] + i), _MM_HINT_T0);
      }
      transpose_avx512(columns);
      for (ptrdiff_t k = 0; k < 16 && i + k < width; k++) {
        _mm512_store_ps(target + (i + k) * QUERY_STEP,
                        _mm512_mul_ps(columns[k], _mm512_set1_ps(scale)));
      }
    }
    float *scales = work->queryScales + t * QUERY_STEP;
    if (products == CKAttentionInt16) quantize_panel(target, width, scales);
    if (products == CKAttentionInt8) quantize_query_bytes(target, width, scales);
  }
}

/* Divides the sums by those of the weights. Inlined it would cost the int16 loops 4 to 6 %. */
CK_AVX512VNNI static void store_outputs(const Work *work) {
  for (ptrdiff_t q = 0; q < work->count; q++) {
    float weight = work->weights[q / CK_SCORE_ROWS * QUERY_STEP + q % CK_SCORE_ROWS];
    float *output = output_pointer(work->attention, q);
    const char *ahead = (const char *)output_pointer(work->attention, q + 8);
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      __builtin_prefetch(ahead + i * (ptrdiff_t)sizeof *output, 1);
      _mm512_mask_storeu_ps(output + i, lanes_avx512(work->attention->width - i),
                            _mm512_mul_ps(_mm512_set1_ps(1 / weight),
                                          _mm512_load_ps(work->sums + q * work->padded + i)));
    }
  }
}

/* The mean of the first `block` keys. What all keys have in common changes all scores of a query by the
   same amount, which its softmax does not see, but would take most of eight bits. */
CK_AVX512VNNI CK_INLINE void load_mean(const Work *work, ptrdiff_t block) {
  ptrdiff_t width = work->attention->width;
  for (ptrdiff_t i = 0; i < width; i++) {
    __m512 sum = _mm512_setzero_ps();
    for (ptrdiff_t p = 0; p < block; p += CK_KEY_BLOCK) {
      /* Behind the last key a cache holds whatever was there before. */
      sum = _mm512_add_ps(sum, _mm512_maskz_load_ps(lanes_avx512(block - p),
                                                    work->keys + p * width + i * CK_KEY_BLOCK));
    }
    work->keyMean[i] = _mm512_reduce_add_ps(sum) / (float)block;
  }
}

/* Turns a block's keys and values into codes. */
CK_AVX512VNNI CK_INLINE void quantize_block(const Work *work, ptrdiff_t block,
                                            const CKAttentionProducts products) {
  ptrdiff_t width = work->attention->width;
  for (ptrdiff_t p = 0; p < block; p += CK_KEY_BLOCK) {
    float *panel = work->keys + p * width;
    if (products == CKAttentionInt16) quantize_panel(panel, width, work->keyScales + p);
    if (products == CKAttentionInt8) {
      quantize_key_bytes(panel, width, work->keyMean, work->keyScales + p, work->starts + p);
    }
  }
  for (ptrdiff_t i = 0; i < work->padded; i += 16) {
    quantize_values(value_columns(work->values, i), block, VALUE_COLUMNS, work->valueScales + i);
  }
}

#endif

#endif
