#ifndef CK_ELEMENTWISE_H
#define CK_ELEMENTWISE_H

#include <stddef.h>

#include "instruction_set.h"

/// `x = x · Φ(x)`, Φ the normal distribution function: GELU in its exact form with erf.
void ck_gelu(float *x, ptrdiff_t count, CKInstructionSet set);

/// `output = x · Φ(x)` within 1e-4, or a millionth of a large x: for results that are quantised to
/// 8 bits next. Not in place.
void ck_gelu_approximate(const float *x, ptrdiff_t count, float *output, CKInstructionSet set);

/// `output[r, i] = silu(input[r, i]) · input[r, columns + i]`, silu(x) = x / (1 + exp(-x)).
///
/// `input` is [rows, 2 · columns], `output` is [rows, columns], both without gaps.
void ck_silu_multiply(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output,
                      CKInstructionSet set);

/// `x[r, i] += scale[i] · branch[r, i]`; a null `scale` is all ones. Both [rows, columns].
void ck_add_scaled(const float *branch, const float *scale, ptrdiff_t rows, ptrdiff_t columns,
                   float *x);

#endif
