/// The part of OpenBLAS that the module Kernels uses.
///
/// The library is opened with dlopen by copenblas_load, not linked: most processors never need it, and
/// the program works without it.
#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <stdbool.h>
#include <stddef.h>

/// Loads the library, set to compute in the calling thread, and says whether it can be used.
///
/// Sets variables of the environment that the library reads when it is loaded, unless they are set, so
/// no other thread may read the environment meanwhile. Not to be called by two threads at a time.
bool copenblas_load(void);

/// Adds products to `output`: `output[r, o] += Σ_k input[r, k] · w[o, k]`, in float32.
///
/// `input` is [rows, count], `output` [rows, outputs]; strides are in floats, between rows. `weights` are
/// [outputs, count], or [count, outputs] where `transposed`. May run in several threads at a time.
void copenblas_multiply_add(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                            const float *weights, ptrdiff_t weight_stride, bool transposed,
                            ptrdiff_t outputs, ptrdiff_t count, float *output,
                            ptrdiff_t output_stride);

#endif
