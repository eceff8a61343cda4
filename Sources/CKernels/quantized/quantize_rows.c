// Activations to int8: per row and group of 128 a scale, the codes and their sum.
#include "include/kernels.h"
#include "quantized/format.h"

CK_INLINE void quantize_rows(const CKKernels *kernels, const float *input, ptrdiff_t stride,
                             ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                             CKQuantizedRows into, const int has_gelu) {
  for (ptrdiff_t row = first; row < last; row++) {
    for (ptrdiff_t group = 0; group < into.groups; group++) {
      const float *values = input + row * stride + group * CK_GROUP_INPUTS;
      ptrdiff_t count = columns - group * CK_GROUP_INPUTS;
      float padded[CK_GROUP_INPUTS];
      if (count < CK_GROUP_INPUTS) {
        memset(padded, 0, sizeof padded);
        memcpy(padded, values, (size_t)count * sizeof *padded);
        values = padded;
      }
      float activated[CK_GROUP_INPUTS];
      if (has_gelu) {
        kernels->gelu_approximate(values, CK_GROUP_INPUTS, activated);
        values = activated;
      }
      ptrdiff_t item = group * into.rows + row;
      kernels->quantize_group(values, into.codes + item * CK_GROUP_INPUTS, into.scales + item,
                              into.sums + item);
    }
  }
}

void ck_quantize_rows(const CKKernels *kernels, const float *input, ptrdiff_t stride,
                      ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last, CKQuantizedRows into) {
  quantize_rows(kernels, input, stride, columns, first, last, into, 0);
}

void ck_quantize_gelu_rows(const CKKernels *kernels, const float *input, ptrdiff_t stride,
                           ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                           CKQuantizedRows into) {
  quantize_rows(kernels, input, stride, columns, first, last, into, 1);
}
