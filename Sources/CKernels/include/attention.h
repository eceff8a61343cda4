#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "instruction_set.h"

/// Rows of queries that share one key and value head.
typedef struct {
  /// Row r, query head h: [width] at `queries + r * query_stride + h * width`; `outputs` likewise.
  const float *queries;
  ptrdiff_t query_stride;
  float *outputs;
  ptrdiff_t output_stride;
  ptrdiff_t rows;
  ptrdiff_t heads;
  ptrdiff_t width;
  /// Keys and values from position 0 on: of a cache (cache_format.h), or float32 `position_stride`
  /// apart where that is not 0.
  const void *keys;
  const void *values;
  /// What the codes of a cache's keys and values are worth; null where they are float32.
  const float *key_scales;
  const float *value_scales;
  ptrdiff_t position_stride;
  /// How many positions the last row sees, at least 1; `causal`: each row before it sees one less.
  ptrdiff_t positions;
  bool causal;
  /// Without `key_scales`, where the instruction set has a fast way: with AVX-512, scores in int8,
  /// of keys from which their mean was taken, and weights and values in int8; otherwise all of them
  /// in int16.
  bool integers;
} CKAttention;

/// How many bytes of working memory, 64-byte aligned, `ck_attend` needs.
ptrdiff_t ck_attention_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions);

/// `output = Σ softmax(query · keys / √width)[p] · values[p]` for every row and head.
///
/// With every set but the scalar one, scores of keys in codes are of queries in int16, too. One row
/// meets values in codes with weights in int16; for several rows (and heads whose width is not a
/// multiple of 16) weights and values are made integers with a scale per column of a block: int8
/// with AVX-512; 13, and 10 bits and a sign, with AVX2 and AVX-VNNI, which give the same bits. All
/// else is in float32.
///
/// `scratch` is as `ck_attention_scratch_bytes(rows · heads, width, positions)` says. A row's bits
/// do not depend on the other rows of the call, but on `positions` and on whether there is one
/// row.
void ck_attend(const CKAttention *attention, float *scratch, CKInstructionSet set);

#endif
