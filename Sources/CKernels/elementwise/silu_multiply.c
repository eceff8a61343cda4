// output = silu(gate) · up, silu(x) = x / (1 + exp(-x)).
#include "elementwise/silu_multiply.h"

#include "common/fill.h"

static void silu_multiply(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *gate = input + r * 2 * columns;
    silu_multiply_scalar(gate, gate + columns, columns, output + r * columns);
  }
}

void ck_fill_silu_multiply(CKKernels *kernels) { kernels->silu_multiply = silu_multiply; }
