#ifndef CK_KERNELS_H
#define CK_KERNELS_H

// The table of kernels: a row a kernel, and a table for each instruction set.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attention.h"
#include "float_type.h"
#include "instruction_set.h"
#include "quantized.h"
#include "screened.h"

/// The kernels that one instruction set uses.
///
/// Strides are in elements. Pointers need no more than their element's alignment unless a row says
/// so. Counts may be zero.
struct CKKernels {
  // Elementwise

  /// `x = x · Φ(x)`, Φ the normal distribution function: GELU in its exact form with erf.
  void (*gelu)(float *x, ptrdiff_t count);

  /// `output = x · Φ(x)` within 1e-4, or a millionth of a large x, for results that are quantised
  /// to 8 bits next. Not in place.
  void (*gelu_approximate)(const float *x, ptrdiff_t count, float *output);

  /// `output[r, i] = silu(input[r, i]) · input[r, columns + i]`, silu(x) = x / (1 + exp(-x)).
  ///
  /// `input` is [rows, 2 · columns], `output` is [rows, columns], both without gaps.
  void (*silu_multiply)(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output);

  /// Layer normalisation of each row:
  /// `output = (x - mean) / sqrt(variance + epsilon) · weight + bias`.
  ///
  /// The variance is the mean squared distance from the mean.
  void (*layer_norm)(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                     const float *weight, const float *bias, float epsilon, float *output,
                     ptrdiff_t output_stride);

  /// Root-mean-square normalisation of each row: `output = x / sqrt(mean(x²) + epsilon) · weight`.
  ///
  /// `output` may be `input`.
  void (*rms_norm)(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                   const float *weight, float epsilon, float *output, ptrdiff_t output_stride);

  // Float32 products (panels.h)

  /// Widens `count` numbers to float32, exactly.
  void (*widen)(const void *source, CKFloatType type, float *output, ptrdiff_t count);

  /// Transposes rows of a weight matrix into panels, widened to float32 (exact).
  ///
  /// `weights` points at the first of `outputs` rows that are `stride` elements apart; the first
  /// `count` elements of each are used. Panel p begins at `panels + p * panel_stride`. Outputs that
  /// the last panel lacks are set to zero.
  void (*pack_panels)(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                      ptrdiff_t count, float *panels, ptrdiff_t panel_stride);

  /// Expands one block of quantised weights into a panel [128 inputs][16 outputs]; exact.
  ///
  /// Both are 64-byte aligned.
  void (*unpack_block)(const void *block, int bits, float *panel);

  /// Multiplies at most CK_GEMV_ROWS rows by row-major weights, which are read once, as stored:
  /// `output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o])`, in float32.
  ///
  /// The order of a sum's terms depends on `count` alone.
  void (*gemv)(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const void *weights,
               CKFloatType type, ptrdiff_t weight_stride, ptrdiff_t outputs, ptrdiff_t count,
               const float *bias, float *output, ptrdiff_t output_stride);

  /// Multiplies rows by panels: `output[r, o] (+)= Σ_k input[r, k] · panels[k, o]`, in float32.
  ///
  /// `input` is [rows, count], `count` at most CK_PANEL_INPUTS; `output` is [rows, outputs]. With
  /// `accumulate` the sums are added to `output`; else they replace it, plus `bias` [outputs] where
  /// that is not null. A sum's terms are added in the order of k, whatever `rows` and `outputs`.
  void (*gemm)(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const float *panels,
               ptrdiff_t panel_stride, ptrdiff_t outputs, ptrdiff_t count, const float *bias,
               bool accumulate, float *output, ptrdiff_t output_stride);

  // Quantised products (quantized.h)

  /// Quantises 128 values: codes −127...127, their scale and the sum of the codes.
  ///
  /// Every instruction set gives the same bits. Special groups are as `ck_quantize_rows` says.
  void (*quantize_group)(const float *values, int8_t *codes, float *scale, float *sum);

  /// `ck_multiply_quantized` for at most CK_GEMV_ROWS rows, which wait for weights from memory.
  void (*quantized_gemv)(CKQuantizedRows input, CKQuantizedPanels weights,
                         CKQuantizedOutput output);

  /// `ck_multiply_quantized` for any number of rows, which wait for the arithmetic.
  void (*quantized_gemm)(CKQuantizedRows input, CKQuantizedPanels weights,
                         CKQuantizedOutput output);

  /// Packs panels `first..<last` of an AWQ matrix in gemm order into `into`, the packed matrix,
  /// which is 64-byte aligned.
  void (*pack_awq)(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last, void *into);

  /// What the low halves of an output's weights add to its estimate for an input row.
  float (*low_part)(CKQuantizedRows input, ptrdiff_t row, CKScreenedWeights weights,
                    ptrdiff_t output);

  // Attention (attention.h, cache_format.h)

  /// Rotates one head of each row by its position's angles (Su et al. 2021, in halves):
  /// `output[i] = x[i]·cos[i] - x[i + h]·sin[i]`, `output[i + h] = x[i + h]·cos[i] + x[i]·sin[i]`,
  /// h = width / 2.
  ///
  /// `cosines` and `sines` are [rows, h].
  void (*rotate)(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t width,
                 const float *cosines, const float *sines, float *output, ptrdiff_t output_stride);

  /// Stores `rows` keys of one head, [rows, width], from `position` on.
  ///
  /// With `scales`, of all keys, they become codes, else float32. `width` is even.
  void (*store_keys)(const float *input, ptrdiff_t rows, ptrdiff_t width, void *keys, float *scales,
                     ptrdiff_t position);

  /// Stores one head of each row as values from `position` on.
  ///
  /// With `scales`, of all values, they become codes, else float32.
  void (*store_values)(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t width,
                       void *values, float *scales, ptrdiff_t position);

  /// `ck_attend` for the heads of one row over a cache; their width is a multiple of 16.
  void (*attend_row)(const CKAttention *attention, float *scratch);

  /// `ck_attend` for any rows.
  void (*attend_rows)(const CKAttention *attention, float *scratch);

  /// How many bytes of scratch memory, 64-byte aligned, attention needs for `queries` rows and
  /// heads.
  ptrdiff_t (*attention_scratch_bytes)(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions);

  // What the machine can do at most

  /// Reads `bytes` bytes once and returns a value that depends on all of them.
  ///
  /// `memory` is 64-byte aligned, `bytes` a multiple of 256. Bound by memory, not by arithmetic.
  unsigned long long (*read_memory)(const void *memory, ptrdiff_t bytes);

  /// Runs `rounds` rounds of independent int8 multiply-accumulates in registers; returns how many
  /// operations (two per multiply-accumulate) that were.
  double (*run_int8)(ptrdiff_t rounds);

  /// The same of float32 fused multiply-adds.
  double (*run_float)(ptrdiff_t rounds);
};

/// Fills the table of a set: the portable definitions first, then what the set's own files
/// override.
///
/// The same rows each time; nothing is written but `kernels`.
void ck_fill_kernels(CKKernels *kernels, CKInstructionSet set);

#endif
