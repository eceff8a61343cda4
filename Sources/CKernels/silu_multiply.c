/* output = gate / (1 + exp(-gate)) · up */
#include <math.h>

#include "include/elementwise.h"
#include "internal.h"

static void silu_multiply_scalar(const float *gate, const float *up, ptrdiff_t count,
                                 float *output) {
  for (ptrdiff_t i = 0; i < count; i++) output[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

void ck_silu_multiply(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output,
                      CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *gate = input + r * 2 * columns;
    silu_multiply_scalar(gate, gate + columns, columns, output + r * columns);
  }
}
