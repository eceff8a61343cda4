// Stored numbers to float32.
#include "common/fill.h"
#include "common/float_convert.h"

static void widen_scalar(const void *source, CKFloatType type, float *output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) output[i] = load_float(source, type, i);
}

void ck_fill_widen(CKKernels *kernels) { kernels->widen = widen_scalar; }
