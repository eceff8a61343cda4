#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "float_type.h"
#include "instruction_set.h"

/// How products of several rows are computed where the instruction set is AVX-512; else, and for a
/// single row, in float32.
typedef enum {
  CKAttentionFloat,
  /// Scores in int16, with a scale per query and per key; weights and values in int8, with a scale per
  /// column of a block of values.
  CKAttentionInt16,
  /// The same with scores in int8, of keys from which their mean was taken.
  CKAttentionInt8,
} CKAttentionProducts;

/// Rows of queries that share one key and value head.
typedef struct {
  /// Row r, query head h: [width] at `queries + r * queryStride + h * width`; `outputs` likewise.
  const float *queries;
  ptrdiff_t queryStride;
  float *outputs;
  ptrdiff_t outputStride;
  ptrdiff_t rows;
  ptrdiff_t heads;
  ptrdiff_t width;
  /// Keys and values from position 0 on, elements of type 32 or 16.
  const void *keys;
  const void *values;
  CKFloatType type;
  /// 0 where both are laid out as a cache (rotary.h); else the distance of positions in elements.
  ptrdiff_t positionStride;
  /// How many positions the last row sees, at least 1; `causal`: each row before it sees one less.
  ptrdiff_t positions;
  bool causal;
  CKAttentionProducts products;
} CKAttention;

/// How many bytes of working memory, 64-byte aligned, the two functions below need.
ptrdiff_t ck_attention_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions);

/// `output = Σ softmax(query · keys / √width)[p] · values[p]` for every row and head.
///
/// `scratch` is as `ck_attention_scratch_bytes(rows · heads, width, positions)` says. A row's bits
/// do not depend on the other rows of the call, but on `positions` and on whether there is one
/// row.
void ck_attend(const CKAttention *attention, float *scratch, CKInstructionSet set);

#endif
