// GELU: x · Φ(x) = x / 2 · (1 + erf(x / √2)) = x / 2 · erfc(-x / √2).
#include <math.h>

#include "common/fill.h"

#define TARGET
#include "elementwise/gelu_approximate.h"

static void gelu_scalar(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) x[i] = 0.5f * x[i] * erfcf(x[i] * -0.70710678118654752f);
}

void ck_fill_gelu(CKKernels *kernels) {
  kernels->gelu = gelu_scalar;
  kernels->gelu_approximate = gelu_approximate;
}
