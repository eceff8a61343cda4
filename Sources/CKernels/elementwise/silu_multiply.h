// One row of gate / (1 + exp(-gate)) · up, portable: the definition, and the end of AVX2's rows.
#ifndef CK_ELEMENTWISE_SILU_MULTIPLY_H
#define CK_ELEMENTWISE_SILU_MULTIPLY_H

#include <math.h>
#include <stddef.h>

static void silu_multiply_scalar(const float *gate, const float *up, ptrdiff_t count,
                                 float *output) {
  for (ptrdiff_t i = 0; i < count; i++) output[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

#endif
