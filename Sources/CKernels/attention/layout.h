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

// Query `query` counts heads within rows.
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

// How many positions stand together: codes of two stand where there would be floats of one.
CK_INLINE ptrdiff_t positions_together(const CKAttention *attention) {
  return attention->key_scales ? 2 : 1;
}

// Where the keys, or the values, from position `start` on stand; `start` is even.
CK_INLINE const float *positions_from(const CKAttention *attention, const void *first,
                                      ptrdiff_t start) {
  return (const float *)first + start / positions_together(attention) * position_stride(attention);
}

// The most positions in a block of keys, and the distance of rows of scores.
#define CK_SCORE_CHUNK 352
#define CK_SCORE_STRIDE (CK_SCORE_CHUNK + 16)
// Rows of a tile: with 2 vectors each, 28 of the 32 registers.
#define CK_MICROTILE_ROWS_AVX512 14

// Queries that are computed together stand 16 apart, so that one vector holds what belongs to all.
#define CK_QUERY_STEP_AVX512 16

// The most heads that attention of one row computes together.
#define CK_ROW_HEADS 8

CK_INLINE ptrdiff_t round_up(ptrdiff_t count, ptrdiff_t unit) {
  return (count + unit - 1) / unit * unit;
}

// The same with AVX2, whose registers hold half as much: with 2 vectors each, 2 vectors of columns,
// a broadcast and a product all 16.
#define CK_MICROTILE_ROWS_AVX2 6
#define CK_QUERY_STEP_AVX2 8

// What a head of one row has seen so far.
typedef struct {
  float largest;  // of the scores
  float weights;  // the sum of exponentials of what scores are less than the largest
  float factor;   // what sums from before the last block are worth now
  float worth;    // of a product of a code of the last block's weights and one of its values
} CKHead;

// How many of the `chunk` positions from `start` on each query of a tile sees, `rows` queries from
// `query` on; returns the most.
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

// The largest sum of a block's codes of weights, of one row, before they are rounded. With values
// of 15 bits no sum of products leaves an int32, whatever rounding adds.
#define CK_WEIGHT_CODES 32767

// Bytes of scratch memory for queries in microtiles of `rows`, whose elements are `step` floats apart;
// one row's heads need less.
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
