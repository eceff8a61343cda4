/* x · Φ(x) = x / 2 · (1 + erf(x / √2)) = x / 2 · erfc(-x / √2) */
#include <math.h>

#include "include/elementwise.h"
#include "internal.h"

static void gelu_scalar(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) x[i] = 0.5f * x[i] * erfcf(x[i] * -0.70710678118654752f);
}

void ck_gelu(float *x, ptrdiff_t count, CKInstructionSet set) {
  (void)set;
  gelu_scalar(x, count);
}
