/* Attention of one row's heads over a cache: keys and values are read once.

   Roofline. A cached number (2 bytes in float16) is widened once (2 operations on 16) and
   multiplied with each of the g heads: (g + 2) / 32 cycles, 0.28 for g = 7, while memory takes
   0.36 at 5.6 bytes a cycle and core: bound by memory. Measured on two cores at 4096 positions: 80 % of
   the bandwidth. Tried and dropped: asking for the first values during the exponentials, 0 to 2 %. */
#include <math.h>

#include "attention_internal.h"
#include "exponential_avx512.h"
#include "vector_avx512.h"

#if CK_X86

/* How far ahead of the arithmetic memory is asked for, in elements. */
#define AHEAD 4096

/* Scores are [positions / CK_SCORE_BLOCK][CK_FEW_HEADS][CK_SCORE_BLOCK], and queries [width][CK_FEW_HEADS]: one
   register addresses what belongs to all heads. (With the distance of heads in a variable, an
   iteration of the scores took 10 cycles for 16 positions; now 10 for 32.) */
CK_INLINE float *score_row(float *scores, ptrdiff_t head, ptrdiff_t position) {
  return scores + (position / CK_SCORE_BLOCK * CK_FEW_HEADS + head) * CK_SCORE_BLOCK +
         position % CK_SCORE_BLOCK;
}

/* The scores of 16 or 32 positions. */
CK_AVX512VNNI CK_INLINE void score_vectors(const CKAttention *attention, CKFloatType type,
                                           const float *queries, ptrdiff_t position, float *scores,
                                           const int heads, const int vectors) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2, width = attention->width;
  __m512 sums[CK_FEW_HEADS][2];
  for (int h = 0; h < heads; h++) sums[h][0] = sums[h][1] = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < width; i++) {
    __m512 keys[2];
    for (int v = 0; v < vectors; v++) {
      ptrdiff_t index = (position + v * CK_KEY_BLOCK) * width + i * CK_KEY_BLOCK;
      _mm_prefetch((const char *)attention->keys + (index + AHEAD) * bytes, _MM_HINT_T0);
      keys[v] = load_avx512(attention->keys, type, index, 0xffff);
    }
    for (int h = 0; h < heads; h++) {
      __m512 query = _mm512_set1_ps(queries[i * CK_FEW_HEADS + h]);
      for (int v = 0; v < vectors; v++) sums[h][v] = _mm512_fmadd_ps(query, keys[v], sums[h][v]);
    }
  }
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) {
      _mm512_store_ps(score_row(scores, h, position + v * CK_KEY_BLOCK), sums[h][v]);
    }
  }
}

/* outputs[h] += Σ weights[h][p] · values[p] for `count` positions of a block of scores, 16 or 32 columns. (With
   64 columns the sums of 7 heads take 28 registers, and the compiler moved half of them in every iteration.) */
CK_AVX512VNNI CK_INLINE void value_vectors(const CKAttention *attention, CKFloatType type,
                                           const float *weights, ptrdiff_t first, ptrdiff_t count,
                                           ptrdiff_t column, const int heads, const int vectors) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2, width = attention->width;
  float *outputs = attention->outputs + column;
  __m512 sums[CK_FEW_HEADS][2];
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) sums[h][v] = _mm512_loadu_ps(outputs + h * width + 16 * v);
  }
  for (ptrdiff_t p = 0; p < count; p++) {
    const ptrdiff_t index = (first + p) * width + column;
    __m512 values[2];
    for (int v = 0; v < vectors; v++) {
      _mm_prefetch((const char *)attention->values + (index + AHEAD + 16 * v) * bytes, _MM_HINT_T0);
      values[v] = load_avx512(attention->values, type, index + 16 * v, 0xffff);
    }
    for (int h = 0; h < heads; h++) {
      __m512 x = _mm512_set1_ps(weights[h * CK_SCORE_BLOCK + p]);
      for (int v = 0; v < vectors; v++) sums[h][v] = _mm512_fmadd_ps(x, values[v], sums[h][v]);
    }
  }
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) _mm512_storeu_ps(outputs + h * width + 16 * v, sums[h][v]);
  }
}

/* Replaces a head's scores by exponentials; returns 1 / their sum. */
CK_AVX512VNNI static float normalise(float *scores, ptrdiff_t head, ptrdiff_t count) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  __m512 maxima = lowest, sums = _mm512_setzero_ps();
  for (ptrdiff_t p = 0; p < count; p += 16) {
    maxima = _mm512_max_ps(maxima, _mm512_mask_load_ps(lowest, lanes_avx512(count - p),
                                                       score_row(scores, head, p)));
  }
  __m512 largest = _mm512_set1_ps(_mm512_reduce_max_ps(maxima));
  for (ptrdiff_t p = 0; p < count; p += 16) {
    float *row = score_row(scores, head, p);
    __m512 weights = exp2_avx512(_mm512_sub_ps(_mm512_load_ps(row), largest));
    sums = _mm512_add_ps(sums, _mm512_maskz_mov_ps(lanes_avx512(count - p), weights));
    _mm512_store_ps(row, weights);
  }
  return 1 / _mm512_reduce_add_ps(sums);
}

CK_AVX512VNNI CK_INLINE void attend_heads(const CKAttention *attention, CKFloatType type,
                                          float *scratch, const int heads) {
  ptrdiff_t width = attention->width, positions = attention->positions;
  float factors[CK_FEW_HEADS], *queries = scratch, *scores = scratch + CK_FEW_HEADS * width;
  const float scale = 1.44269504f / sqrtf((float)width);
  for (int h = 0; h < heads; h++) {
    for (ptrdiff_t i = 0; i < width; i++) {
      queries[i * CK_FEW_HEADS + h] = scale * attention->queries[h * width + i];
    }
  }
  ptrdiff_t position = 0;
  for (; position + CK_KEY_BLOCK < positions; position += 2 * CK_KEY_BLOCK) {
    score_vectors(attention, type, queries, position, scores, heads, 2);
  }
  if (position < positions) {
    score_vectors(attention, type, queries, position, scores, heads, 1);
  }
  for (int h = 0; h < heads; h++) {
    factors[h] = normalise(scores, h, positions);
    memset(attention->outputs + h * width, 0, (size_t)width * sizeof(float));
  }
  for (ptrdiff_t first = 0; first < positions; first += CK_SCORE_BLOCK) {
    const float *weights = score_row(scores, 0, first);
    ptrdiff_t left = positions - first, count = left < CK_SCORE_BLOCK ? left : CK_SCORE_BLOCK, column = 0;
    for (; column + 32 <= width; column += 32) {
      value_vectors(attention, type, weights, first, count, column, heads, 2);
    }
    if (column < width) value_vectors(attention, type, weights, first, count, column, heads, 1);
  }
  for (int h = 0; h < heads; h++) {
    for (ptrdiff_t i = 0; i < width; i++) attention->outputs[h * width + i] *= factors[h];
  }
}

#define HEADS(N)                                                                                   \
  CK_AVX512VNNI static void attend_heads##N(const CKAttention *attention, float *scratch) {        \
    if (attention->type == CKFloatType16) {                                                        \
      attend_heads(attention, CKFloatType16, scratch, N);                                          \
    } else {                                                                                       \
      attend_heads(attention, CKFloatType32, scratch, N);                                          \
    }                                                                                              \
  }
HEADS(1)
HEADS(2)
HEADS(3)
HEADS(4)
HEADS(5)
HEADS(6)
HEADS(7)
HEADS(8)

void attend_few_avx512(const CKAttention *attention, float *scratch) {
  static void (*const attendHeads[])(const CKAttention *, float *) = {
      attend_heads1, attend_heads2, attend_heads3, attend_heads4,
      attend_heads5, attend_heads6, attend_heads7, attend_heads8};
  for (ptrdiff_t first = 0; first < attention->heads; first += CK_FEW_HEADS) {
    ptrdiff_t left = attention->heads - first;
    CKAttention part = *attention;
    part.queries += first * attention->width;
    part.outputs += first * attention->width;
    attendHeads[(left < CK_FEW_HEADS ? left : CK_FEW_HEADS) - 1](&part, scratch);
  }
}

#endif
