#ifndef CK_SCREENED_H
#define CK_SCREENED_H

// An output layer of 8 bits in two halves, so that the largest logit is found by reading the first.
//
// weight = (code − 120) · scale, per output and group of 128 inputs; codes are 0...240 and scale =
// max|w| / 120, rounded up so that 16 · scale is a float16. To each code its column's dither, a
// pseudo-random 0...15, is added: code + dither = 16 · high + low, with both halves in 0...15.
//
//   high    a matrix of 4 bits as in quantized.h: its scales are 16 · scale, its zero points 1 low
//   [outputs][groups][64 bytes]: byte j holds input j of the group in its low half and input
//           64 + j in its high half
//   scales  float32 [outputs]: the largest scale of the output's groups
//
// The estimate of a logit takes every low half for their mean, 7.5. What it leaves out is Σ (low −
// 7.5) · scale · x. Because of the dither each low half is uniform over 0...15 whatever the code,
// and those of an output are independent: low − 7.5 = (±8 ± 4 ± 2 ± 1) / 2 with four fair signs, so
// that by Hoeffding's inequality ("Probability inequalities for sums of bounded random variables",
// 1963) the sum exceeds k · sqrt(85 / 4 · Σ (scale · x)²) with a probability of at most exp(−k² /
// 2). With k = 10 that is 2e-22 for an output and below 1e-16 for a token of 200,000: rarer than a
// memory error. Outputs whose estimate is further than that below a known logit cannot be the
// largest; of the others the low halves are read. Random weights leave about one output in five
// hundred.
//
// Cauchy and Schwarz would bound the sum for certain, at 3 standard deviations of the logits for
// rows of 896 inputs instead of 1: nearly every output would stay.

#include "quantized.h"

/// The parts described above; `high` and `low` are 64-byte aligned.
typedef struct {
  void *high;
  uint8_t *low;
  float *scales;
} CKScreenedWeights;

/// An output and its logit.
typedef struct {
  ptrdiff_t output;
  float logit;
} CKLargest;

/// Quantises outputs of panels `first..<last` of row-major weights [outputs, columns].
///
/// Groups whose largest magnitude is below 1e-30 count as zeros; one that holds an infinity or a
/// NaN, or a weight above 4.9e5, makes all products with it NaN. `weights` needs its element's
/// alignment.
void ck_pack_screened(const CKKernels *kernels, const void *weights, CKFloatType type,
                      ptrdiff_t outputs, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                      CKScreenedWeights into);

/// What estimates need to know of their input.
///
/// - sums: [groups][rows]; takes the place of the input's own sums in a product with the high
///   halves.
/// - reaches: [rows]; times an output's `scales`, how far a logit may lie above its estimate.
void ck_screen_input(CKQuantizedRows input, float *sums, float *reaches);

/// Adds to the estimates of outputs `first..<last` of one row what the low halves make of it.
void ck_complete_logits(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                        CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                        float *estimates);

/// The same for outputs whose logit may be `limit` or more; the estimates of others become −infinity.
void ck_complete_reaching_logits(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                                 CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                                 float *estimates, float reach, float limit);

/// The smallest logit of the outputs `first..<last` of one row whose estimate is `limit` or more.
///
/// Infinity where there is no such output, −infinity where a logit of one is a NaN.
float ck_smallest_logit(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                        CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                        const float *estimates, float limit);

/// The largest logit of outputs `first..<last` of one row, the first of equals; `first < last`.
///
/// The logit has the bits that `ck_complete_logits` gives it. NaNs are never the largest; where
/// there is nothing else, the output is `first`.
CKLargest ck_largest_logit(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                           CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                           const float *estimates, float reach);

#endif
