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
  /// Scales of the codes of a cache's keys and values; null where these are float32.
  const float *key_scales;
  const float *value_scales;
  ptrdiff_t position_stride;
  /// How many positions the last row sees, at least 1; `causal`: each row before it sees one less.
  ptrdiff_t positions;
  bool causal;
  /// Without `key_scales`: use integers where the instruction set is faster with them. With AVX-512
  /// scores (of keys less their mean), weights and values are int8; with AVX2 and AVX-VNNI int16.
  bool integers;
} CKAttention;

/// `output = Σ softmax(query · keys / √width)[p] · values[p]` for every row and head.
///
/// The portable kernel computes in float32. The others quantise queries to int16 where keys are
/// codes. For one row, the softmax weights of a cache of codes are int16, too. For several rows,
/// and for heads whose width is not a multiple of 16, weights and values are integers with a scale
/// per column of a chunk of positions: int8 with AVX-512; weights of 13 bits and values of 10 bits
/// and a sign with AVX2 and AVX-VNNI, which give the same bits.
///
/// `scratch` has `attention_scratch_bytes(rows · heads, width, positions)` bytes. A row's bits
/// depend on `positions` and on whether it is alone, but not on what the other rows are.
void ck_attend(const CKKernels *kernels, const CKAttention *attention, float *scratch);

#endif
