#ifndef CK_QUANTIZED_H
#define CK_QUANTIZED_H

// Products of int8 activations with quantised weights, and how both are made.
//
// Weights. Unsigned codes of 4 or 8 bits with one scale and one zero point per output and group of
// 128 inputs: weight = (code − zero) · scale. Outputs come in panels of 16, and for each panel the
// groups follow one another as 64-byte aligned blocks, so that one vector holds four consecutive
// inputs of 16 outputs, as the u8 × s8 dot instruction takes them:
//
//   4 bits, 1088 bytes: 16 vectors of 64 bytes; byte 4·o + j of vector v holds the code of output
//   o,
//           input 8·v + j in its low half and of input 8·v + 4 + j in its high half (j = 0...3);
//           then 16 float16 scales, then 16 float16 zero points, which are integers 0...15.
//   8 bits, 2112 bytes: 32 vectors of 64 bytes; byte 4·o + j of vector v is the code of output o,
//           input 4·v + j; then 16 float32 scales. The zero point is 128.
//
// Outputs beyond the last one, and inputs beyond the last column, have zero weights.
//
// Activations. Signed codes −127...127 with one scale = max|x| / 127 per row and group, groups
// before rows: codes [groups][rows][128], scales [groups][rows], sums [groups][rows]. A sum is
// Σ codes of the group as a float, which is exact. Codes beyond the last column are 0.

#include <stddef.h>
#include <stdint.h>

#include "float_type.h"
#include "instruction_set.h"

enum {
  CK_PANEL_OUTPUTS = 16,
  CK_GROUP_INPUTS = 128,
  CK_BLOCK_BYTES_4 = 1088,
  CK_BLOCK_BYTES_8 = 2112,
  /// The most rows of a product that `gemv` and `quantized_gemv` take.
  CK_GEMV_ROWS = 8,
};

/// Quantised activations as laid out above; `rows` is also the stride of the three arrays.
typedef struct {
  int8_t *codes;
  float *scales;
  float *sums;
  ptrdiff_t rows;
  ptrdiff_t groups;
} CKQuantizedRows;

/// Consecutive panels of quantised weights, as many groups each as the activations have; 64-byte
/// aligned.
typedef struct {
  const void *panels;
  int bits;
} CKQuantizedPanels;

/// An AWQ matrix in gemm order, as AutoAWQ stores it (awq/modules/linear/gemm.py and
/// awq/utils/packing_utils.py). The three arrays need no alignment.
typedef struct {
  /// uint32 [groups · 128, outputs / 8]: four bits each of eight outputs, in the order
  /// 0 2 4 6 1 3 5 7 from the lowest bits upwards.
  const void *words;
  /// uint32 [groups, outputs / 8], likewise.
  const void *zeros;
  /// float16 [groups, outputs].
  const void *scales;
  /// A multiple of 8.
  ptrdiff_t outputs;
  ptrdiff_t groups;
} CKAWQMatrix;

/// A matrix of four-bit codes by rows, as the `pack-quantized` format of compressed-tensors stores it
/// (compressed_tensors/compressors/pack_quantized/helpers.py). The arrays need no alignment.
typedef struct {
  /// uint32 [outputs, inputs / 8]: the code of input 8·w + i in bits 4·i and up of word w.
  const void *words;
  /// uint32 [⌈outputs / 8⌉, groups], likewise of outputs; null where all zero points are 8.
  const void *zeros;
  ptrdiff_t outputs;
  /// A multiple of 8 and of `group_inputs`.
  ptrdiff_t inputs;
  /// Inputs that share a scale and a zero point.
  ptrdiff_t group_inputs;
} CKWordMatrix;

/// Quantises rows `first..<last` of `input` [rows, columns], whose rows are `stride` floats apart.
///
/// Codes are rounded to nearest, ties to even. A group whose largest magnitude is below 1e-30
/// counts as zeros; one that holds an infinity or a NaN gets codes 0 and the scale NaN, so that the
/// product is NaN as it would be in floats.
void ck_quantize_rows(const CKKernels *kernels, const float *input, ptrdiff_t stride,
                      ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last, CKQuantizedRows into);

/// The same of the rows' approximate GELU.
void ck_quantize_gelu_rows(const CKKernels *kernels, const float *input, ptrdiff_t stride,
                           ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                           CKQuantizedRows into);

/// Where a product's results go: `values`, rows of which are `stride` floats apart, `count` outputs
/// from the first panel given, which need not be a multiple of 16.
///
/// `bias` and `scale` have a value for each output; null is none. With `adds`, results are added to
/// what is there.
typedef struct {
  float *values;
  ptrdiff_t stride;
  ptrdiff_t count;
  const float *bias;
  const float *scale;
  int adds;
} CKQuantizedOutput;

/// values[r · stride + o] (+)= scale[o] · (Σ input[r, i] · weight[o, i] + bias[o]), for every row
/// r.
///
/// Sums within a group are exact in int32 (at most 128 · 255 · 127); groups are added in float32 in
/// their order, so that a row's result does not depend on the other rows or on how outputs are
/// split between calls. Beside the panels, nothing needs alignment beyond the element's.
void ck_multiply_quantized(const CKKernels *kernels, CKQuantizedRows input,
                           CKQuantizedPanels weights, CKQuantizedOutput output);

/// Quantises panels `first..<last` of row-major weights [outputs, columns] to 8 bits.
///
/// Per output and group: scale = max|w| / 127, code = 128 + round(w / scale), ties to even; small
/// and non-finite groups as in `ck_quantize_rows`. `weights` needs its element's alignment; `into`
/// is the packed matrix (its panel 0), 64-byte aligned.
void ck_pack_int8(const CKKernels *kernels, const void *weights, CKFloatType type,
                  ptrdiff_t outputs, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                  void *into);

/// Packs panels `first..<last` of a matrix whose `group_inputs` is a multiple of 128.
///
/// `scales` are float16 [outputs, groups]; `into` is the packed matrix, 64-byte aligned.
void ck_pack_words(CKWordMatrix matrix, const void *scales, ptrdiff_t first, ptrdiff_t last,
                   void *into);

/// into[o, i] = (code − zero) · scale for outputs `first..<last`, exactly but for one rounding.
///
/// `scales` is [outputs, groups], `into` [outputs, inputs].
void ck_unpack_words(CKWordMatrix matrix, const float *scales, ptrdiff_t first, ptrdiff_t last,
                     float *into);

#endif
