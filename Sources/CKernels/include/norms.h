#ifndef CK_NORMS_H
#define CK_NORMS_H

#include <stddef.h>

#include "instruction_set.h"

/// Layer normalisation of each row:
/// `output = (x - mean) / sqrt(variance + epsilon) · weight + bias`.
///
/// The variance is the mean squared distance from the mean. Strides are in floats.
void ck_layer_norm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                   const float *weight, const float *bias, float epsilon, float *output,
                   ptrdiff_t output_stride, CKInstructionSet set);

/// Root-mean-square normalisation of each row: `output = x / sqrt(mean(x²) + epsilon) · weight`.
///
/// `output` may be `input`. Strides are in floats.
void ck_rms_norm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                 const float *weight, float epsilon, float *output, ptrdiff_t output_stride,
                 CKInstructionSet set);

#endif
