/* Attention of one row's heads over a cache: keys and values are read once.

   Roofline. A cached number (2 bytes in float16) is widened once (2 operations on 16) and
   multiplied with each of the g heads: (g + 2) / 32 cycles, 0.28 for g = 7, while memory takes
   0.36 at 5.6 bytes a cycle and core: bound by memory. */
#include <math.h>

#include "attention_internal.h"
#include "exponential_avx512.h"
#include "vector_avx512.h"

#if CK_X86

/* How far ahead of the arithmetic memory is asked for, in elements. */
#define AHEAD 2048

/* scores[h][p] for 16 positions, of up to `heads` queries. */
CK_AVX512VNNI CK_INLINE void scores_type(const CKAttention *attention, CKFloatType type,
                                         ptrdiff_t stride, float *scores, const int heads) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  ptrdiff_t width = attention->width;
  __m512 scale = _mm512_set1_ps(1.44269504f / sqrtf((float)width));
  for (ptrdiff_t p = 0; p < attention->positions; p += CK_KEY_BLOCK) {
    __m512 sums[8];
    for (int h = 0; h < heads; h++) sums[h] = _mm512_setzero_ps();
    for (ptrdiff_t i = 0; i < width; i++) {
      ptrdiff_t index = p * width + i * CK_KEY_BLOCK;
      _mm_prefetch((const char *)attention->keys + (index + AHEAD) * bytes, _MM_HINT_T0);
      __m512 keys = load_avx512(attention->keys, type, index, 0xffff);
      for (int h = 0; h < heads; h++) {
        sums[h] = _mm512_fmadd_ps(_mm512_set1_ps(attention->queries[h * width + i]), keys, sums[h]);
      }
    }
    for (int h = 0; h < heads; h++) {
      _mm512_store_ps(scores + h * stride + p, _mm512_mul_ps(sums[h], scale));
    }
  }
}

/* outputs[h] = Σ weights[h][p] · values[p], 64 or fewer columns at a time. */
CK_AVX512VNNI CK_INLINE void values_type(const CKAttention *attention, CKFloatType type,
                                         ptrdiff_t stride, const float *weights,
                                         const float *factors, ptrdiff_t column, const int heads,
                                         const int vectors) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  ptrdiff_t width = attention->width;
  __m512 sums[8][4];
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) sums[h][v] = _mm512_setzero_ps();
  }
  for (ptrdiff_t p = 0; p < attention->positions; p++) {
    ptrdiff_t index = p * width + column;
    const char *ahead = (const char *)attention->values + (index + AHEAD) * bytes;
    for (int v = 0; v < vectors; v++) _mm_prefetch(ahead + 32 * v, _MM_HINT_T0);
    for (int v = 0; v < vectors; v++) {
      __m512 values = load_avx512(attention->values, type, index + 16 * v, 0xffff);
      for (int h = 0; h < heads; h++) {
        sums[h][v] = _mm512_fmadd_ps(_mm512_set1_ps(weights[h * stride + p]), values, sums[h][v]);
      }
    }
  }
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) {
      _mm512_storeu_ps(attention->outputs + h * width + column + 16 * v,
                       _mm512_mul_ps(_mm512_set1_ps(factors[h]), sums[h][v]));
    }
  }
}

/* Replaces scores by exponentials; returns 1 / their sum. */
CK_AVX512VNNI static float normalise(float *scores, ptrdiff_t count) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  __m512 maxima = lowest, sums = _mm512_setzero_ps();
  for (ptrdiff_t p = 0; p < count; p += 16) {
    maxima = _mm512_max_ps(maxima,
                           _mm512_mask_load_ps(lowest, lanes_avx512(count - p), scores + p));
  }
  __m512 largest = _mm512_set1_ps(_mm512_reduce_max_ps(maxima));
  for (ptrdiff_t p = 0; p < count; p += 16) {
    __m512 weights = exp2_avx512(_mm512_sub_ps(_mm512_load_ps(scores + p), largest));
    sums = _mm512_add_ps(sums, _mm512_maskz_mov_ps(lanes_avx512(count - p), weights));
    _mm512_store_ps(scores + p, weights);
  }
  return 1 / _mm512_reduce_add_ps(sums);
}

CK_AVX512VNNI CK_INLINE void attend_heads(const CKAttention *attention, CKFloatType type,
                                          float *scratch, const int heads) {
  ptrdiff_t stride = round_up(attention->positions, 16);
  float factors[8];
  scores_type(attention, type, stride, scratch, heads);
  for (int h = 0; h < heads; h++) {
    factors[h] = normalise(scratch + h * stride, attention->positions);
  }
  ptrdiff_t column = 0;
  if (heads <= 7) {
    for (; column + 64 <= attention->width; column += 64) {
      values_type(attention, type, stride, scratch, factors, column, heads, 4);
    }
  }
  for (; column + 32 <= attention->width; column += 32) {
    values_type(attention, type, stride, scratch, factors, column, heads, 2);
  }
  if (column < attention->width) {
    values_type(attention, type, stride, scratch, factors, column, heads, 1);
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
  for (ptrdiff_t first = 0; first < attention->heads; first += 8) {
    ptrdiff_t left = attention->heads - first;
    CKAttention part = *attention;
    part.queries += first * attention->width;
    part.outputs += first * attention->width;
    attendHeads[(left < 8 ? left : 8) - 1](&part, scratch);
  }
}

#endif
