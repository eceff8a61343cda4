// What the attention kernels share.
#ifndef CK_ATTENTION_LAYOUT_H
#define CK_ATTENTION_LAYOUT_H

#include "common/internal.h"
#include "include/attention.h"
#include "include/cache_format.h"

// How many positions a row sees.
CK_INLINE ptrdiff_t visible_positions(const CKAttention *attention, ptrdiff_t row) {
  return attention->causal ? attention->positions - attention->rows + row + 1
                           : attention->positions;
}

// The address of a query; `query` counts heads within rows.
CK_INLINE const float *query_pointer(const CKAttention *attention, ptrdiff_t query) {
  return attention->queries + query / attention->heads * attention->query_stride +
         query % attention->heads * attention->width;
}

CK_INLINE float *output_pointer(const CKAttention *attention, ptrdiff_t query) {
  return attention->outputs + query / attention->heads * attention->output_stride +
         query % attention->heads * attention->width;
}

// How far apart positions are, in floats.
CK_INLINE ptrdiff_t position_stride(const CKAttention *attention) {
  return attention->position_stride > 0 ? attention->position_stride : attention->width;
}

// How many positions share a place: codes of two take the place of floats of one.
CK_INLINE ptrdiff_t positions_together(const CKAttention *attention) {
  return attention->key_scales ? 2 : 1;
}

// The keys, or the values, from position `start` on; `start` is even.
CK_INLINE const float *positions_from(const CKAttention *attention, const void *first,
                                      ptrdiff_t start) {
  return (const float *)first + start / positions_together(attention) * position_stride(attention);
}

// The most positions in a chunk, and the distance of rows of scores.
#define CK_SCORE_CHUNK 352
#define CK_SCORE_STRIDE (CK_SCORE_CHUNK + 16)

// The most heads that attention of one row computes together.
#define CK_ROW_HEADS 8

// Microtiles of many rows: how many queries, and how far apart the elements of one are, so that a
// vector holds the same element of all. 14 rows of 2 vectors are 28 of AVX-512's 32 registers; 6 of
// 2, with 2 of columns, a broadcast and a product, all 16 of AVX2.
#define CK_MICROTILE_ROWS_AVX512 14
#define CK_QUERY_STEP_AVX512 16
#define CK_MICROTILE_ROWS_AVX2 6
#define CK_QUERY_STEP_AVX2 8

CK_INLINE ptrdiff_t round_up(ptrdiff_t count, ptrdiff_t unit) {
  return (count + unit - 1) / unit * unit;
}

// What a head of one row has seen so far.
typedef struct {
  float largest;     // of the scores
  float weights;     // the sum of the exponentials of scores less the largest
  float factor;      // what sums of earlier chunks are multiplied by
  float code_scale;  // scale of products of the last chunk's codes of weights and of values
} CKHead;

// How many of the `chunk` positions from `start` on each query of a microtile sees, `rows` queries
// from `query` on; returns the most.
CK_INLINE ptrdiff_t microtile_limits(const CKAttention *attention, ptrdiff_t query, const int rows,
                                     ptrdiff_t start, ptrdiff_t chunk, ptrdiff_t *limits) {
  ptrdiff_t most = 0, row = query / attention->heads, head = query % attention->heads;
  for (int r = 0; r < rows; r++) {
    ptrdiff_t limit = visible_positions(attention, row) - start;
    limits[r] = limit < 0 ? 0 : limit < chunk ? limit : chunk;
    if (limits[r] > most) most = limits[r];
    if (++head < attention->heads || row + 1 == attention->rows) continue;
    head = 0;
    row++;
  }
  return most;
}

// The largest sum of a chunk's codes of weights, of one row, before they are rounded. With values
// of 15 bits no sum of products overflows an int32, whatever rounding adds.
#define CK_WEIGHT_CODES 32767

// Bytes of scratch memory for queries in microtiles of `rows`, whose elements are `step` floats
// apart; one row's heads need less.
CK_INLINE ptrdiff_t scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t rows,
                                  ptrdiff_t step) {
  ptrdiff_t padded = round_up(width, 16), microtiles = (queries + rows - 1) / rows;
  // Per query: itself, its sums, the largest score, the sum of weights and a scale; then a chunk of
  // keys, with scales and what integer sums begin with, and of values with theirs, and the keys'
  // mean.
  ptrdiff_t many = microtiles * (step * width + rows * padded + 3 * step) +
                   CK_SCORE_CHUNK * (width + 2 + round_up(padded, 32)) + 2 * padded;
  // One row's queries, and a chunk of their scores.
  ptrdiff_t row = CK_QUERY_STEP_AVX512 * width + CK_ROW_HEADS * CK_SCORE_CHUNK;
  return (many + row) * (ptrdiff_t)sizeof(float);
}

#endif
