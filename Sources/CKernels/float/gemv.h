// What the versions of `gemv` share.
#ifndef CK_FLOAT_GEMV_H
#define CK_FLOAT_GEMV_H

#include <stddef.h>

// Rows times row-major weights, without the rows, outputs and types; see `gemv` in kernels.h.
typedef struct {
  const float *input;
  ptrdiff_t input_stride;
  const char *weights;
  ptrdiff_t weight_stride;
  ptrdiff_t count;
  const float *bias;
  float *output;
  ptrdiff_t output_stride;
} FloatGemv;

#endif
