#include "quantized_format.h"

// int8 activations times quantised weights: exact integer sums per group of 128 inputs, float32
// between groups.

static float dot_scalar(CKQuantizedRows input, CKQuantizedPanels weights, ptrdiff_t row,
                        ptrdiff_t output) {
  const char *block = (const char *)weights.panels +
                      output / CK_PANEL_OUTPUTS * weights.groups * block_bytes(weights.bits);
  int lane = (int)(output % CK_PANEL_OUTPUTS);
  float total = 0;
  for (ptrdiff_t group = 0; group < weights.groups; group++) {
    ptrdiff_t item = group * input.rows + row;
    const int8_t *codes = input.codes + item * CK_GROUP_INPUTS;
    float scale;
    int zero;
    block_constants(block, weights.bits, lane, &scale, &zero);
    int32_t sum = 0;
    for (int i = 0; i < CK_GROUP_INPUTS; i++)
      sum += codes[i] * (block_code(block, weights.bits, lane, i) - zero);
    total += (float)sum * (scale * input.scales[item]);
    block += block_bytes(weights.bits);
  }
  return total;
}

void ck_multiply_quantized(CKQuantizedRows input, CKQuantizedPanels weights, ptrdiff_t outputs,
                           const float *bias, float *output, ptrdiff_t stride,
                           CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t row = 0; row < input.rows; row++)
    for (ptrdiff_t o = 0; o < outputs; o++)
      output[row * stride + o] = dot_scalar(input, weights, row, o) + (bias ? bias[o] : 0);
}
