/* Attention of many queries, in tiles (online softmax: Milakov and Gimelshein 2018; Dao et al.
   2022).

   Roofline. A score costs width multiply-adds, and its part of the output as many again; with
   widths from 64 on both are products of 14 rows by 32 columns from a block of keys or values in
   L2, bound by arithmetic as in multiply_panels.c. An exponential costs about 12 operations on 16
   scores, 10 % of the products at width 64. Laying out a block of keys and values is used for
   all queries of the call. */
#include <math.h>

#include "attention_internal.h"
#include "exponential_avx512.h"
#include "include/float_products.h"
#include "vector_avx512.h"

#if CK_X86

typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;   /* queries */
  ptrdiff_t padded;  /* width rounded up to 16 */
  float *queries;    /* [count][padded], scaled */
  float *sums;       /* [count][padded], not yet divided */
  float *largest;    /* [count] */
  float *weights;    /* [count], sums of exponentials */
  float *keys;       /* [block / 16][width][16] */
  float *values;     /* [block][padded] */
} Work;

/* sums[r][c] += Σ_k left[r · leftStride + k] · right[k · step + c · next] for 1 or 2 vectors. */
CK_AVX512VNNI CK_INLINE void tile(const float *left, ptrdiff_t leftStride, const float *right,
                                  ptrdiff_t step, ptrdiff_t next, ptrdiff_t count,
                                  __m512 sums[CK_SCORE_ROWS][2], const int rows, const int vectors) {
  for (ptrdiff_t k = 0; k < count; k++) {
    __m512 columns[2];
    for (int c = 0; c < vectors; c++) {
      columns[c] = _mm512_load_ps(right + k * step + c * next);
      _mm_prefetch((const char *)(right + (k + 8) * step + c * next), _MM_HINT_T0);
    }
    for (int r = 0; r < rows; r++) {
      __m512 x = _mm512_set1_ps(left[r * leftStride + k]);
      for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_fmadd_ps(x, columns[c], sums[r][c]);
    }
  }
}

/* Scores of a tile of queries with `positions` keys: [rows][CK_SCORE_STRIDE]. */
CK_AVX512VNNI CK_INLINE void score_vectors(const Work *work, ptrdiff_t query, ptrdiff_t position,
                                           float *scores, const int rows, const int vectors) {
  ptrdiff_t width = work->attention->width;
  __m512 sums[CK_SCORE_ROWS][2];
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_setzero_ps();
  }
  tile(work->queries + query * work->padded, work->padded, work->keys + position * width,
       CK_KEY_BLOCK, CK_KEY_BLOCK * width, width, sums, rows, vectors);
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < vectors; c++) {
      _mm512_store_ps(scores + r * CK_SCORE_STRIDE + position + 16 * c, sums[r][c]);
    }
  }
}

/* Replaces a query's `visible` scores by exponentials, and the rest up to `positions` by zeros;
   returns the factor for what was summed before. */
CK_AVX512VNNI static float exponentials(Work *work, ptrdiff_t query, ptrdiff_t visible,
                                        ptrdiff_t positions, float *scores) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  __m512 maxima = lowest;
  for (ptrdiff_t p = 0; p < visible; p += 16) {
    __mmask16 mask = lanes_avx512(visible - p);
    maxima = _mm512_max_ps(maxima, _mm512_mask_load_ps(lowest, mask, scores + p));
  }
  float before = work->largest[query];
  float block = _mm512_reduce_max_ps(maxima);
  float largest = block > before ? block : before;
  work->largest[query] = largest;
  __m512 sums = _mm512_setzero_ps();
  for (ptrdiff_t p = 0; p < positions; p += 16) {
    __mmask16 mask = p < visible ? lanes_avx512(visible - p) : 0;
    __m512 distance = _mm512_sub_ps(_mm512_load_ps(scores + p), _mm512_set1_ps(largest));
    __m512 weights = _mm512_maskz_mov_ps(mask, exp2_avx512(distance));
    sums = _mm512_add_ps(sums, weights);
    _mm512_store_ps(scores + p, weights);
  }
  float factor = before == -INFINITY ? 0 : exp2f(before - largest);
  work->weights[query] = work->weights[query] * factor + _mm512_reduce_add_ps(sums);
  return factor;
}

/* Adds a tile's weighted values to its sums, columns from `column` on. */
CK_AVX512VNNI CK_INLINE void value_vectors(const Work *work, ptrdiff_t query, ptrdiff_t column,
                                           ptrdiff_t positions, const float *scores,
                                           const float *factors, const int rows,
                                           const int vectors) {
  float *target = work->sums + query * work->padded + column;
  __m512 sums[CK_SCORE_ROWS][2];
  for (int r = 0; r < rows; r++) {
    __m512 factor = _mm512_set1_ps(factors[r]);
    for (int c = 0; c < vectors; c++) {
      sums[r][c] = _mm512_mul_ps(factor, _mm512_load_ps(target + r * work->padded + 16 * c));
    }
  }
  tile(scores, CK_SCORE_STRIDE, work->values + column, work->padded, 16, positions, sums, rows,
       vectors);
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < vectors; c++) {
      _mm512_store_ps(target + r * work->padded + 16 * c, sums[r][c]);
    }
  }
}

/* A tile of `rows` queries from `query` on against the block of `block` positions from `start`. */
CK_AVX512VNNI CK_INLINE void attend_tile(Work *work, ptrdiff_t query, ptrdiff_t start,
                                         ptrdiff_t block, const int rows) {
  const CKAttention *attention = work->attention;
  ptrdiff_t limits[CK_SCORE_ROWS], positions = 0;
  for (int r = 0; r < rows; r++) {
    ptrdiff_t row = query + r < work->count ? (query + r) / attention->heads : attention->rows - 1;
    ptrdiff_t limit = visible_positions(attention, row) - start;
    limits[r] = limit < 0 ? 0 : limit < block ? limit : block;
    if (limits[r] > positions) positions = limits[r];
  }
  if (positions == 0) return;
  _Alignas(64) float scores[CK_SCORE_ROWS * CK_SCORE_STRIDE];
  ptrdiff_t position = 0;
  for (; position + 16 < positions; position += 32) {
    score_vectors(work, query, position, scores, rows, 2);
  }
  if (position < positions) score_vectors(work, query, position, scores, rows, 1);
  float factors[CK_SCORE_ROWS];
  for (int r = 0; r < rows; r++) {
    factors[r] = exponentials(work, query + r, limits[r], positions, scores + r * CK_SCORE_STRIDE);
  }
  ptrdiff_t column = 0;
  for (; column + 16 < work->padded; column += 32) {
    value_vectors(work, query, column, positions, scores, factors, rows, 2);
  }
  if (column < work->padded) {
    value_vectors(work, query, column, positions, scores, factors, rows, 1);
  }
}

/* Lays out keys as [block / 16][width][16] and values as [block][padded]. */
CK_AVX512VNNI static void load_block(Work *work, ptrdiff_t start, ptrdiff_t block) {
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
  for (ptrdiff_t p = 0; p < block; p++) {
    for (ptrdiff_t i = 0; i < padded; i += 16) {
      _mm512_store_ps(work->values + p * padded + i,
                      load_avx512(attention->values, attention->type, (start + p) * stride + i,
                                  lanes_avx512(width - i)));
    }
  }
}

/* Copies the queries, scaled so that the softmax may use powers of two. */
CK_AVX512VNNI static void load_queries(Work *work) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width;
  __m512 scale = _mm512_set1_ps(1.44269504f / sqrtf((float)width));
  for (ptrdiff_t q = 0; q < round_up(work->count, CK_SCORE_ROWS); q++) {
    work->largest[q] = -INFINITY;
    work->weights[q] = 0;
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      __mmask16 mask = q < work->count ? lanes_avx512(width - i) : 0;
      __m512 x = _mm512_maskz_loadu_ps(mask, mask ? query_pointer(attention, q) + i : NULL);
      _mm512_store_ps(work->queries + q * work->padded + i, _mm512_mul_ps(x, scale));
      _mm512_store_ps(work->sums + q * work->padded + i, _mm512_setzero_ps());
    }
  }
}

CK_AVX512VNNI static void store_outputs(const Work *work) {
  for (ptrdiff_t q = 0; q < work->count; q++) {
    __m512 factor = _mm512_set1_ps(1 / work->weights[q]);
    float *output = output_pointer(work->attention, q);
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      _mm512_mask_storeu_ps(
          output + i, lanes_avx512(work->attention->width - i),
          _mm512_mul_ps(factor, _mm512_load_ps(work->sums + q * work->padded + i)));
    }
  }
}

CK_AVX512VNNI void attend_many_avx512(const CKAttention *attention, float *scratch) {
  ptrdiff_t count = attention->rows * attention->heads;
  ptrdiff_t rounded = round_up(count, CK_SCORE_ROWS), padded = round_up(attention->width, 16);
  Work work = {.attention = attention, .count = count, .padded = padded, .queries = scratch};
  work.sums = work.queries + rounded * padded;
  work.keys = work.sums + rounded * padded;
  work.values = work.keys + CK_SCORE_BLOCK * attention->width;
  work.largest = work.values + CK_SCORE_BLOCK * padded;
  work.weights = work.largest + rounded;
  load_queries(&work);
  /* Blocks of about the same size, whole groups of 16. */
  ptrdiff_t blocks = round_up(attention->positions, CK_SCORE_BLOCK) / CK_SCORE_BLOCK;
  ptrdiff_t size = round_up((attention->positions + blocks - 1) / blocks, 16);
  for (ptrdiff_t start = 0; start < attention->positions; start += size) {
    ptrdiff_t left = attention->positions - start;
    ptrdiff_t block = left < size ? left : size;
    load_block(&work, start, block);
    for (ptrdiff_t query = 0; query < count; query += CK_SCORE_ROWS) {
      attend_tile(&work, query, start, block, CK_SCORE_ROWS);
    }
  }
  store_outputs(&work);
}

#endif
