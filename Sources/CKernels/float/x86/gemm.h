// How the x86 versions of `gemm` take rows in turn: microtiles of copied inputs, each with all
// panels.
#ifndef CK_FLOAT_X86_GEMM_H
#define CK_FLOAT_X86_GEMM_H

#include "common/x86/target.h"
#include "float/gemm.h"
#include "include/panels.h"

#if CK_X86

// Copied rows are this many floats apart: a number of cache lines that is odd, so that the rows'
// lines do not fall into the same set of the L1 cache, as rows of 4096 bytes would.
#define COPY_STRIDE (CK_PANEL_INPUTS + 16)

// Copies the inputs of a microtile's rows.
CK_INLINE void copy_inputs(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                           ptrdiff_t count, float *copy) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    memcpy(copy + r * COPY_STRIDE, input + r * input_stride, (size_t)count * sizeof(float));
  }
}

// A microtile's inputs: its rows as they were copied, and the rows of the next microtile.
typedef struct {
  const float *copy;
  const float *next;
  ptrdiff_t next_stride;
} MicrotileInputs;

// Prefetches row `row` of a microtile's results, of `panels` panels, and `share` of that row of the
// next microtile.
CK_INLINE void prefetch_row(MicrotileInputs inputs, ptrdiff_t share, const float *results,
                            ptrdiff_t stride, int row, const int panels) {
  for (int p = 0; p < panels; p++) {
    _mm_prefetch((const char *)(results + row * stride + p * CK_PANEL), _MM_HINT_T0);
  }
  for (ptrdiff_t i = 0; i < share; i += 16) {
    _mm_prefetch((const char *)(inputs.next + row * inputs.next_stride + i), _MM_HINT_T1);
  }
}

// How much of a row of the next microtile is prefetched with each `panels` panels of this one.
CK_INLINE ptrdiff_t share_of_row(const FloatGemm *product, ptrdiff_t outputs, const int panels) {
  return (product->count * panels * CK_PANEL / outputs + 15) / 16 * 16;
}

// A product of a microtile's copied rows with all panels.
typedef void (*RowsProduct)(MicrotileInputs, ptrdiff_t, const FloatGemm *, float *);

// Divides the rows into microtiles of about the same height, at most `most`; `products` are for
// microtiles of 1, 2, … rows.
static void multiply_microtiles(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                                ptrdiff_t outputs, const FloatGemm *product, float *output,
                                const RowsProduct *products, ptrdiff_t most) {
  _Alignas(64) float copy[14 * COPY_STRIDE];
  ptrdiff_t microtiles = (rows + most - 1) / most;
  for (ptrdiff_t i = 0; i < microtiles; i++) {
    ptrdiff_t first = rows * i / microtiles, last = rows * (i + 1) / microtiles;
    copy_inputs(input + first * input_stride, input_stride, last - first, product->count, copy);
    MicrotileInputs inputs = {copy, input + last * input_stride, input_stride};
    products[last - first - 1](inputs, outputs, product, output + first * product->output_stride);
  }
}

#endif

#endif
