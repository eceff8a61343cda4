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

/* A tile has 14 queries; what it keeps of them is 16 apart, so that one vector holds it. */
#define QUERY_STEP 16

typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;   /* queries */
  ptrdiff_t padded;  /* width rounded up to 16 */
  float *queries;    /* [tile][width][QUERY_STEP], scaled */
  float *sums;       /* [count][padded], not yet divided */
  float *largest;    /* [tile][QUERY_STEP], of the scores so far */
  float *weights;    /* [tile][QUERY_STEP], sums of exponentials */
  float *keys;       /* [block / 16][width][16] */
  float *values;     /* [block][padded] */
} Work;

/* sums[r][c] += Σ_k left[r · rowStep + k · inputStep] · right[k · step + c · next] for 1 or 2
   vectors c. The steps of `left` are constants, so that one register addresses all rows. */
CK_AVX512VNNI CK_INLINE void tile(const float *left, const ptrdiff_t rowStep,
                                  const ptrdiff_t inputStep, const float *right, ptrdiff_t step,
                                  ptrdiff_t next, ptrdiff_t count, __m512 sums[CK_SCORE_ROWS][2],
                                  const int vectors) {
  for (ptrdiff_t k = 0; k < count; k++) {
    __m512 columns[2];
    for (int c = 0; c < vectors; c++) {
      columns[c] = _mm512_load_ps(right + k * step + c * next);
      _mm_prefetch((const char *)(right + (k + 8) * step + c * next), _MM_HINT_T0);
    }
    for (int r = 0; r < CK_SCORE_ROWS; r++) {
      __m512 x = _mm512_set1_ps(left[r * rowStep + k * inputStep]);
      for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_fmadd_ps(x, columns[c], sums[r][c]);
    }
  }
}

/* Scores of a tile of queries with 16 or 32 keys: [14][CK_SCORE_STRIDE]. */
CK_AVX512VNNI CK_INLINE void score_vectors(const Work *work, ptrdiff_t query, ptrdiff_t position,
                                           float *scores, const int vectors) {
  ptrdiff_t width = work->attention->width;
  __m512 sums[CK_SCORE_ROWS][2];
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_setzero_ps();
  }
  tile(work->queries + query / CK_SCORE_ROWS * width * QUERY_STEP, 1, QUERY_STEP,
       work->keys + position * width, CK_KEY_BLOCK, CK_KEY_BLOCK * width, width, sums, vectors);
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    for (int c = 0; c < vectors; c++) {
      _mm512_store_ps(scores + r * CK_SCORE_STRIDE + position + 16 * c, sums[r][c]);
    }
  }
}

/* Replaces each query's first `limits[r]` scores by exponentials, and the rest up to `positions`
   by zeros; `factors` are for what was summed before. */
CK_AVX512VNNI CK_INLINE void exponentials(const Work *work, ptrdiff_t query,
                                          const ptrdiff_t limits[CK_SCORE_ROWS],
                                          ptrdiff_t positions, float *scores,
                                          float factors[QUERY_STEP]) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  _Alignas(64) float largest[QUERY_STEP] = {0}, added[QUERY_STEP] = {0};
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    __m512 maxima = lowest;
    for (ptrdiff_t p = 0; p < limits[r]; p += 16) {
      __m512 some = _mm512_mask_load_ps(lowest, lanes_avx512(limits[r] - p),
                                        scores + r * CK_SCORE_STRIDE + p);
      maxima = _mm512_max_ps(maxima, some);
    }
    largest[r] = _mm512_reduce_max_ps(maxima);
  }
  float *keptLargest = work->largest + query / CK_SCORE_ROWS * QUERY_STEP;
  float *keptWeights = work->weights + query / CK_SCORE_ROWS * QUERY_STEP;
  __m512 before = _mm512_load_ps(keptLargest);
  __m512 now = _mm512_max_ps(_mm512_load_ps(largest), before);
  __m512 factor = exp2_avx512(_mm512_sub_ps(before, now));
  _mm512_store_ps(largest, now);
  _mm512_store_ps(keptLargest, now);
  _mm512_store_ps(factors, factor);
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    float *row = scores + r * CK_SCORE_STRIDE;
    __m512 sums = _mm512_setzero_ps(), top = _mm512_set1_ps(largest[r]);
    for (ptrdiff_t p = 0; p < positions; p += 16) {
      __mmask16 mask = p < limits[r] ? lanes_avx512(limits[r] - p) : 0;
      __m512 power = exp2_avx512(_mm512_sub_ps(_mm512_load_ps(row + p), top));
      __m512 weights = _mm512_maskz_mov_ps(mask, power);
      sums = _mm512_add_ps(sums, weights);
      _mm512_store_ps(row + p, weights);
    }
    added[r] = _mm512_reduce_add_ps(sums);
  }
  _mm512_store_ps(keptWeights, _mm512_fmadd_ps(_mm512_load_ps(keptWeights), factor,
                                               _mm512_load_ps(added)));
}

/* Adds a tile's weighted values to its sums, 16 or 32 columns from `column` on. */
CK_AVX512VNNI CK_INLINE void value_vectors(const Work *work, ptrdiff_t query, ptrdiff_t column,
                                           ptrdiff_t positions, const float *scores,
                                           const float *factors, const int vectors) {
  float *target = work->sums + query * work->padded + column;
  __m512 sums[CK_SCORE_ROWS][2];
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    __m512 factor = _mm512_set1_ps(factors[r]);
    for (int c = 0; c < vectors; c++) {
      sums[r][c] = _mm512_mul_ps(factor, _mm512_load_ps(target + r * work->padded + 16 * c));
    }
  }
  tile(scores, CK_SCORE_STRIDE, 1, work->values + column, work->padded, 16, positions, sums,
       vectors);
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    for (int c = 0; c < vectors; c++) {
      _mm512_store_ps(target + r * work->padded + 16 * c, sums[r][c]);
    }
  }
}

/* The tile of queries from `query` on against `block` positions from `start` on. */
CK_AVX512VNNI static void attend_tile(const Work *work, ptrdiff_t query, ptrdiff_t start,
                                      ptrdiff_t block) {
  const CKAttention *attention = work->attention;
  ptrdiff_t limits[CK_SCORE_ROWS], positions = 0;
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    ptrdiff_t row = query + r < work->count ? (query + r) / attention->heads : attention->rows - 1;
    ptrdiff_t limit = visible_positions(attention, row) - start;
    limits[r] = limit < 0 ? 0 : limit < block ? limit : block;
    if (limits[r] > positions) positions = limits[r];
  }
  if (positions == 0) return;
  _Alignas(64) float scores[CK_SCORE_ROWS * CK_SCORE_STRIDE];
  ptrdiff_t position = 0;
  for (; position + 16 < positions; position += 32) score_vectors(work, query, position, scores, 2);
  if (position < positions) score_vectors(work, query, position, scores, 1);
  _Alignas(64) float factors[QUERY_STEP];
  exponentials(work, query, limits, positions, scores, factors);
  ptrdiff_t column = 0;
  for (; column + 16 < work->padded; column += 32) {
    value_vectors(work, query, column, positions, scores, factors, 2);
  }
  if (column < work->padded) {
    value_vectors(work, query, column, positions, scores, factors, 1);
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

/* Copies the queries, scaled so that the softmax may use powers of two, and clears the sums. */
CK_AVX512VNNI static void load_queries(const Work *work, ptrdiff_t tiles) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width;
  float scale = 1.44269504f / sqrtf((float)width);
  for (ptrdiff_t i = 0; i < tiles * QUERY_STEP; i++) {
    work->largest[i] = -INFINITY;
    work->weights[i] = 0;
  }
  for (ptrdiff_t i = 0; i < tiles * CK_SCORE_ROWS * work->padded; i += 16) {
    _mm512_store_ps(work->sums + i, _mm512_setzero_ps());
  }
  for (ptrdiff_t q = 0; q < tiles * CK_SCORE_ROWS; q++) {
    float *target = work->queries + q / CK_SCORE_ROWS * width * QUERY_STEP + q % CK_SCORE_ROWS;
    const float *query = q < work->count ? query_pointer(attention, q) : NULL;
    for (ptrdiff_t i = 0; i < width; i++) target[i * QUERY_STEP] = query ? query[i] * scale : 0;
  }
}

CK_AVX512VNNI static void store_outputs(const Work *work) {
  for (ptrdiff_t q = 0; q < work->count; q++) {
    float weight = work->weights[q / CK_SCORE_ROWS * QUERY_STEP + q % CK_SCORE_ROWS];
    float *output = output_pointer(work->attention, q);
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      _mm512_mask_storeu_ps(output + i, lanes_avx512(work->attention->width - i),
                            _mm512_mul_ps(_mm512_set1_ps(1 / weight),
                                          _mm512_load_ps(work->sums + q * work->padded + i)));
    }
  }
}

CK_AVX512VNNI void attend_many_avx512(const CKAttention *attention, float *scratch) {
  ptrdiff_t count = attention->rows * attention->heads;
  ptrdiff_t tiles = round_up(count, CK_SCORE_ROWS) / CK_SCORE_ROWS;
  ptrdiff_t width = attention->width, padded = round_up(width, 16);
  Work work = {.attention = attention, .count = count, .padded = padded, .queries = scratch};
  work.sums = work.queries + tiles * width * QUERY_STEP;
  work.keys = work.sums + tiles * CK_SCORE_ROWS * padded;
  work.values = work.keys + CK_SCORE_BLOCK * width;
  work.largest = work.values + CK_SCORE_BLOCK * padded;
  work.weights = work.largest + tiles * QUERY_STEP;
  load_queries(&work, tiles);
  /* Blocks of about the same size, whole groups of 16. */
  ptrdiff_t blocks = round_up(attention->positions, CK_SCORE_BLOCK) / CK_SCORE_BLOCK;
  ptrdiff_t size = round_up((attention->positions + blocks - 1) / blocks, 16);
  for (ptrdiff_t start = 0; start < attention->positions; start += size) {
    ptrdiff_t left = attention->positions - start;
    ptrdiff_t block = left < size ? left : size;
    load_block(&work, start, block);
    for (ptrdiff_t t = 0; t < tiles; t++) attend_tile(&work, t * CK_SCORE_ROWS, start, block);
  }
  store_outputs(&work);
}

#endif
