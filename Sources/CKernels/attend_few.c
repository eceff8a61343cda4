/* Attention of one row's heads over a cache, in float32, a block of positions after the other (online
   softmax as in attend_many.c): keys and values are read once.

   Roofline. A cached number (2 bytes in float16) is widened once (2 operations on 16) and
   multiplied with each of the g heads: (g + 2) / 32 cycles, 0.28 for g = 7, while memory takes
   0.36 at 5.6 bytes a cycle and core: bound by memory, but not by much. Where another program shares the
   core, arithmetic binds: 1024 positions of 7 heads of 64 in L2 take 20 µs alone and 36 µs then.

   Tried and dropped: asking for the first values during the exponentials, 0 to 2 %; a cache in int16 with
   a scale per position, so that the dot instruction does two products and nothing is widened: 25 % less
   time where the core is shared, before the values' loop below lost its moves between registers. */
#include <float.h>
#include <math.h>

#include "attention_internal.h"
#include "softmax_avx512.h"

#if CK_X86

/* How far ahead of the arithmetic memory is asked for. (8 KiB: 10 to 25 % slower on Zen 5.) */
#define AHEAD_BYTES 16384

/* Scores of a block are [CK_FEW_HEADS][CK_SCORE_BLOCK], and queries [width][CK_FEW_HEADS]: one register
   addresses what belongs to all heads. (With the distance of heads in a variable, an iteration of the
   scores took 10 cycles for 16 positions; now 10 for 32.) */

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
      _mm_prefetch((const char *)attention->keys + index * bytes + AHEAD_BYTES, _MM_HINT_T0);
      keys[v] = load_avx512(attention->keys, type, index, 0xffff);
    }
    for (int h = 0; h < heads; h++) {
      __m512 query = _mm512_set1_ps(queries[i * CK_FEW_HEADS + h]);
      for (int v = 0; v < vectors; v++) sums[h][v] = _mm512_fmadd_ps(query, keys[v], sums[h][v]);
    }
  }
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) {
      _mm512_store_ps(scores + h * CK_SCORE_BLOCK + v * CK_KEY_BLOCK, sums[h][v]);
    }
  }
}

/* What a head has seen so far. */
typedef struct {
  float largest; /* of the scores */
  float weights; /* the sum of exponentials of what scores are less than the largest */
  float factor;  /* what sums from before the last block are worth now */
} Head;

/* Replaces a block's `count` scores by exponentials. */
CK_AVX512VNNI CK_INLINE void exponentials(float *scores, ptrdiff_t count, Head *head) {
  float here = _mm512_reduce_max_ps(largest_scores(scores, count));
  float largest = here > head->largest ? here : head->largest;
  head->factor = _mm512_cvtss_f32(exp2_avx512(_mm512_set1_ps(head->largest - largest)));
  head->weights = head->weights * head->factor +
                  _mm512_reduce_add_ps(exponential_row(scores, count, count, largest));
  head->largest = largest;
}

/* outputs[h] = factor · outputs[h] + Σ weights[h][p] · values[p] for the `count` positions of a block,
   16 or 32 columns. (With 64 columns the sums of 7 heads take 28 registers, and the compiler moved half of
   them in every iteration: 14 to 20 % more time.) */
CK_AVX512VNNI CK_INLINE void value_vectors(const CKAttention *attention, CKFloatType type,
                                           const float *weights, const Head *seen, ptrdiff_t first,
                                           ptrdiff_t count, ptrdiff_t column, const int heads,
                                           const int vectors) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2, width = attention->width;
  float *outputs = attention->outputs + column;
  __m512 sums[CK_FEW_HEADS][2];
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) {
      sums[h][v] = _mm512_mul_ps(_mm512_set1_ps(seen[h].factor),
                                 _mm512_loadu_ps(outputs + h * width + 16 * v));
    }
  }
  for (ptrdiff_t p = 0; p < count; p++) {
    const ptrdiff_t index = (first + p) * width + column;
    __m512 values[2];
    for (int v = 0; v < vectors; v++) {
      const ptrdiff_t at = (index + 16 * v) * bytes;
      _mm_prefetch((const char *)attention->values + at + AHEAD_BYTES, _MM_HINT_T0);
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

/* The block of `count` positions from `first` on. */
CK_AVX512VNNI CK_INLINE void attend_block(const CKAttention *attention, CKFloatType type,
                                          const float *queries, float *scores, Head *seen,
                                          ptrdiff_t first, ptrdiff_t count, const int heads) {
  ptrdiff_t position = 0, column = 0, width = attention->width;
  for (; position + CK_KEY_BLOCK < count; position += 2 * CK_KEY_BLOCK) {
    score_vectors(attention, type, queries, first + position, scores + position, heads, 2);
  }
  if (position < count) {
    score_vectors(attention, type, queries, first + position, scores + position, heads, 1);
  }
  for (int h = 0; h < heads; h++) exponentials(scores + h * CK_SCORE_BLOCK, count, &seen[h]);
  for (; column + 32 <= width; column += 32) {
    value_vectors(attention, type, scores, seen, first, count, column, heads, 2);
  }
  if (column < width) {
    value_vectors(attention, type, scores, seen, first, count, column, heads, 1);
  }
}

CK_AVX512VNNI CK_INLINE void attend_heads(const CKAttention *attention, CKFloatType type,
                                          float *scratch, const int heads) {
  ptrdiff_t width = attention->width;
  float *queries = scratch, *scores = scratch + CK_FEW_HEADS * width;
  Head seen[CK_FEW_HEADS];
  const float scale = 1.44269504f / sqrtf((float)width);
  for (int h = 0; h < heads; h++) {
    seen[h] = (Head){.largest = -FLT_MAX};
    for (ptrdiff_t i = 0; i < width; i++) {
      queries[i * CK_FEW_HEADS + h] = scale * attention->queries[h * width + i];
      attention->outputs[h * width + i] = 0;
    }
  }
  for (ptrdiff_t first = 0; first < attention->positions; first += CK_SCORE_BLOCK) {
    ptrdiff_t left = attention->positions - first;
    attend_block(attention, type, queries, scores, seen, first,
                 left < CK_SCORE_BLOCK ? left : CK_SCORE_BLOCK, heads);
  }
  for (int h = 0; h < heads; h++) {
    for (ptrdiff_t i = 0; i < width; i++) attention->outputs[h * width + i] /= seen[h].weights;
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
