/* Attention of one row's heads over a cache with AVX2, a block of positions after the other, as in
   attend_few_avx512.c: keys and values are read once, as one stream each.

   Roofline, for 64 bytes of a cache and g heads. Keys: 2 g products of pairs of codes and as many
   additions, of which Zen 3 does 1.6 of each a cycle. Values: 4 g multiply-adds, 2 a cycle; widening them
   takes other units. For g = 7 that is 8.8 and 14 cycles, with exponentials 13 on average; counted were 16
   in L3. Memory takes 12 cycles when one core reads (17 GB/s) and 16 when both do: arithmetic and memory
   take about the same time, and neither may wait for the other.

   Measured (Zen 3, with other work beside it): 7 heads of 64 and 4,096 positions that no cache holds take
   100 µs on one core, where plain reading takes 66, and 109 on both, where that takes 84; medians of what
   was measured in turn are 70 to 75 % of the bandwidth, with heads of 128 70 to 80 %.

   A sum waits 4 cycles for the one before: 8 sums at a time are just too few, 4 heads by 3 vectors are 12.
   In L1, 7 heads of 64 take 31 cycles for a position's values (28 are the limit), where 4 and then 3 heads
   by 2 vectors took 35, 7 by one vector 35, and values widened beforehand 40.

   Asking for a fourth of the next keys during the exponentials would save 2 to 5 %, but each phase would have
   to know how much it asks for. */
#include <float.h>
#include <math.h>

#include "attend_integers_avx2.h"
#include "attend_tile_avx2.h"
#include "attention_internal.h"

#if CK_X86

/* How far ahead of the arithmetic memory is asked for. (Zen 3: from 12 to 32 KiB no difference; 4 KiB take 5 to
   15 % more time, 1 KiB 15 to 35 %.) */
#define AHEAD_BYTES 24576

/* How many positions' values are read together, all columns. (88: 4 to 8 % more time, 16 up to 10.) */
#define VALUE_POSITIONS 44

/* Scores of a block are [CK_FEW_HEADS][CK_SCORE_BLOCK], and queries [width][CK_FEW_HEADS]: one register
   addresses what belongs to all heads. */
typedef struct {
  /* Scaled; with codes pairs of codes, [width / 2][CK_FEW_HEADS], and what they are worth. */
  float *queries;
  _Alignas(32) float queryScales[CK_FEW_HEADS];
  float *scores;
} Work;

/* How many heads are computed together, before the others (7 and 8 are too many for the registers). */
CK_INLINE int first_heads(const int heads) { return heads <= CK_TILE_ROWS_AVX2 ? heads : 4; }

/* The scores of `heads` heads from `head` on with the 16 positions from `first + position` on. */
CK_AVX2 CK_INLINE void score_vectors(const CKAttention *attention, const Work *work,
                                     ptrdiff_t first, ptrdiff_t position, const int head,
                                     const int heads, const bool codes) {
  const ptrdiff_t count = codes ? attention->width / 2 : attention->width;
  const float *keys = (const float *)attention->keys + (first + position) * count;
  __m256 sums[CK_TILE_ROWS_AVX2][3];
  for (int h = 0; h < heads; h++) sums[h][0] = sums[h][1] = _mm256_setzero_ps();
  tile(work->queries + head, 1, CK_FEW_HEADS, keys, CK_KEY_BLOCK * sizeof *keys, count,
       (const char *)keys + AHEAD_BYTES, head == 0 ? CK_KEY_BLOCK * sizeof *keys : 0, sums, heads,
       2, codes ? PAIRS : FLOATS);
  for (int v = 0; v < 2; v++) {
    const ptrdiff_t column = position + 8 * v;
    for (int h = 0; h < heads; h++) {
      __m256 score = sums[h][v];
      if (codes) {
        __m256 worth = _mm256_mul_ps(_mm256_loadu_ps(attention->keyScales + first + column),
                                     _mm256_broadcast_ss(work->queryScales + head + h));
        score = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_castps_si256(score)), worth);
      }
      _mm256_store_ps(work->scores + (head + h) * CK_SCORE_BLOCK + column, score);
    }
  }
}

/* Replaces a block's `count` scores by exponentials. */
CK_AVX2 CK_INLINE void exponentials(float *scores, ptrdiff_t count, CKHead *head) {
  float here = largest_of(largest_scores(scores, count));
  float largest = here > head->largest ? here : head->largest;
  head->factor = _mm256_cvtss_f32(exp2_avx2(_mm256_set1_ps(head->largest - largest)));
  head->weights =
      head->weights * head->factor + sum_of(exponential_row(scores, count, count, largest));
  head->largest = largest;
}

/* outputs[h] = factor · outputs[h] + Σ weights[h][p] · values[p] for `count` positions from `first` on, 2
   or 3 vectors of columns, `heads` heads from `head` on. The first heads ask for memory, in its order. */
CK_AVX2 CK_INLINE void value_vectors(const CKAttention *attention, const float *weights,
                                     const CKHead *seen, ptrdiff_t first, ptrdiff_t count,
                                     ptrdiff_t column, const int head, const int heads,
                                     const int vectors, const bool codes) {
  const ptrdiff_t bytes = codes ? 2 : 4, width = attention->width;
  float *outputs = attention->outputs + head * width + column;
  const char *values = (const char *)attention->values + first * width * bytes;
  __m256 sums[CK_TILE_ROWS_AVX2][3];
  for (int h = 0; h < heads; h++) {
    __m256 factor = _mm256_broadcast_ss(&seen[head + h].factor);
    for (int v = 0; v < vectors; v++) {
      sums[h][v] = _mm256_mul_ps(factor, _mm256_loadu_ps(outputs + h * width + 8 * v));
    }
  }
  tile(weights + head * CK_SCORE_BLOCK, CK_SCORE_BLOCK, 1, values + column * bytes, width * bytes,
       count, values + AHEAD_BYTES + column * count * bytes, head == 0 ? 8 * vectors * bytes : 0,
       sums, heads, vectors, codes ? HALVES : FLOATS);
  for (int h = 0; h < heads; h++) {
    for (int v = 0; v < vectors; v++) _mm256_storeu_ps(outputs + h * width + 8 * v, sums[h][v]);
  }
}

/* Adds weighted values of a block's `count` positions from `first` on to the outputs. */
CK_AVX2 CK_INLINE void add_values(const CKAttention *attention, const float *weights, CKHead *seen,
                                  ptrdiff_t first, ptrdiff_t count, const int heads,
                                  const bool codes) {
  const ptrdiff_t width = attention->width;
  const int some = first_heads(heads), wide = some <= 4 ? 3 : 2;
  for (ptrdiff_t p = 0; p < count; p += VALUE_POSITIONS) {
    ptrdiff_t here = count - p < VALUE_POSITIONS ? count - p : VALUE_POSITIONS;
    ptrdiff_t column = 0;
    /* What remains is never one vector. */
    for (; wide == 3 && width - column >= 24 && width - column != 32; column += 24) {
      value_vectors(attention, weights + p, seen, first + p, here, column, 0, some, 3, codes);
      if (some == heads) continue;
      value_vectors(attention, weights + p, seen, first + p, here, column, some, heads - some, 3,
                    codes);
    }
    for (; column < width; column += 16) {
      value_vectors(attention, weights + p, seen, first + p, here, column, 0, some, 2, codes);
      if (some == heads) continue;
      value_vectors(attention, weights + p, seen, first + p, here, column, some, heads - some, 2,
                    codes);
    }
    for (int h = 0; h < heads; h++) seen[h].factor = 1;
  }
}

/* The block of `count` positions from `first` on. */
CK_AVX2 CK_INLINE void attend_block(const CKAttention *attention, const Work *work, CKHead *seen,
                                    ptrdiff_t first, ptrdiff_t count, const int heads,
                                    const bool codes) {
  const int some = first_heads(heads);
  for (ptrdiff_t position = 0; position < count; position += CK_KEY_BLOCK) {
    score_vectors(attention, work, first, position, 0, some, codes);
    if (some == heads) continue;
    score_vectors(attention, work, first, position, some, heads - some, codes);
  }
  for (int h = 0; h < heads; h++) exponentials(work->scores + h * CK_SCORE_BLOCK, count, &seen[h]);
  add_values(attention, work->scores, seen, first, count, heads, codes);
}

CK_AVX2 CK_INLINE void quantize_queries(Work *work, ptrdiff_t width) {
  quantize_pairs(work->queries, CK_FEW_HEADS, width, work->queryScales);
}

#define TARGET CK_AVX2
#define QUERY_STEP CK_FEW_HEADS
#include "attend_few.h"

void attend_few_avx2(const CKAttention *attention, float *scratch) { attend_few(attention, scratch); }

#endif
