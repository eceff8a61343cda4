// What the versions of `gemm` share.
#ifndef CK_FLOAT_GEMM_H
#define CK_FLOAT_GEMM_H

#include <stdbool.h>
#include <stddef.h>

// Rows times panels, without the rows, outputs and results; see `gemm` in kernels.h.
typedef struct {
  const float *panels;
  ptrdiff_t panel_stride;
  ptrdiff_t count;
  const float *bias;
  bool accumulate;
  ptrdiff_t output_stride;
} FloatGemm;

#endif
