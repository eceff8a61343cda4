#include "include/elementwise.h"
#include "quantized/format.h"
#include "quantized/quantize_group.h"

// Activations to int8: per row and group of 128 a scale, the codes and their sum.

CK_INLINE void quantize_rows(const float *input, ptrdiff_t stride, ptrdiff_t columns,
                             ptrdiff_t first, ptrdiff_t last, CKQuantizedRows into,
                             CKInstructionSet set, const int has_gelu) {
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
        ck_gelu_approximate(values, CK_GROUP_INPUTS, activated, set);
        values = activated;
      }
      ptrdiff_t item = group * into.rows + row;
      ck_quantize_group(values, into.codes + item * CK_GROUP_INPUTS, into.scales + item,
                        into.sums + item, set);
    }
  }
}

void ck_quantize_rows(const float *input, ptrdiff_t stride, ptrdiff_t columns, ptrdiff_t first,
                      ptrdiff_t last, CKQuantizedRows into, CKInstructionSet set) {
  quantize_rows(input, stride, columns, first, last, into, set, 0);
}

void ck_quantize_gelu_rows(const float *input, ptrdiff_t stride, ptrdiff_t columns, ptrdiff_t first,
                           ptrdiff_t last, CKQuantizedRows into, CKInstructionSet set) {
  quantize_rows(input, stride, columns, first, last, into, set, 1);
}
