// Normalisation row by row. A template, for files that define `layer_norm` and `rms_norm` of one
// row.
#include <stddef.h>

static void layer_norms(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                        ptrdiff_t columns, const float *weight, const float *bias, float epsilon,
                        float *output, ptrdiff_t output_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    layer_norm(input + r * input_stride, columns, weight, bias, epsilon,
               output + r * output_stride);
  }
}

static void rms_norms(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                      const float *weight, float epsilon, float *output, ptrdiff_t output_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    rms_norm(input + r * input_stride, columns, weight, epsilon, output + r * output_stride);
  }
}
