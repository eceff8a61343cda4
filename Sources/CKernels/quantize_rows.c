#include "quantized_format.h"

// Activations to int8: per row and group of 128 a scale, the codes and their sum.

static void quantize_group_scalar(const float *input, ptrdiff_t count, int8_t *codes, float *scale,
                                  float *sum) {
  uint32_t peak = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    uint32_t bits = magnitude_bits(input[i]);
    if (bits > peak) peak = bits;
  }
  float inverse;
  *scale = group_scale(peak, &inverse);
  int total = 0;
  for (ptrdiff_t i = 0; i < CK_GROUP_INPUTS; i++) {
    codes[i] = i < count && inverse > 0 ? (int8_t)round_to_even(input[i] * inverse) : 0;
    total += codes[i];
  }
  *sum = (float)total;
}

void ck_quantize_rows(const float *input, ptrdiff_t stride, ptrdiff_t columns, ptrdiff_t first,
                      ptrdiff_t last, CKQuantizedRows into, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t row = first; row < last; row++) {
    for (ptrdiff_t group = 0; group < into.groups; group++) {
      ptrdiff_t column = group * CK_GROUP_INPUTS;
      ptrdiff_t count = columns - column < CK_GROUP_INPUTS ? columns - column : CK_GROUP_INPUTS;
      ptrdiff_t item = group * into.rows + row;
      quantize_group_scalar(input + row * stride + column, count,
                            into.codes + item * CK_GROUP_INPUTS, into.scales + item,
                            into.sums + item);
    }
  }
}
