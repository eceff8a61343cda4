#include "quantized/multiply.h"

// int8 activations times quantised weights: exact integer sums per group of 128 inputs, float32
// between groups.

static float dot_scalar(CKQuantizedRows input, CKQuantizedPanels weights, ptrdiff_t row,
                        ptrdiff_t output) {
  const char *block = (const char *)weights.panels +
                      output / CK_PANEL_OUTPUTS * input.groups * block_bytes(weights.bits);
  int lane = (int)(output % CK_PANEL_OUTPUTS);
  float total = 0;
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    ptrdiff_t item = group * input.rows + row;
    const int8_t *codes = input.codes + item * CK_GROUP_INPUTS;
    float scale, zero;
    block_constants(block, weights.bits, lane, &scale, &zero);
    int32_t sum = 0;
    for (int i = 0; i < CK_GROUP_INPUTS; i++)
      sum += codes[i] * block_code(block, weights.bits, lane, i);
    total += ((float)sum - zero * input.sums[item]) * (scale * input.scales[item]);
    block += block_bytes(weights.bits);
  }
  return total;
}

static void multiply_scalar(CKQuantizedRows input, CKQuantizedPanels weights,
                            CKQuantizedOutput output) {
  for (ptrdiff_t row = 0; row < input.rows; row++)
    for (ptrdiff_t o = 0; o < output.count; o++) {
      float *value = output.values + row * output.stride + o;
      float result = dot_scalar(input, weights, row, o);
      if (output.bias) result += output.bias[o];
      if (output.scale) result *= output.scale[o];
      *value = output.adds ? *value + result : result;
    }
}

void ck_multiply_quantized(CKQuantizedRows input, CKQuantizedPanels weights,
                           CKQuantizedOutput output, CKInstructionSet set) {
#if CK_X86
  const int is_few = input.rows <= 8;
  if (set == CKInstructionSetAVX512VNNI)
    return is_few ? ck_multiply_few_avx512(input, weights, output)
                  : ck_multiply_many_avx512(input, weights, output);
  if (set == CKInstructionSetAVXVNNI)
    return is_few ? ck_multiply_few_avxvnni(input, weights, output)
                  : ck_multiply_many_avxvnni(input, weights, output);
  if (set == CKInstructionSetAVX2 && input.rows == 8 && weights.bits == 4)
    return ck_multiply_strip_avx2(input, weights, output);
  if (set == CKInstructionSetAVX2)
    return is_few ? ck_multiply_few_avx2(input, weights, output)
                  : ck_multiply_many_avx2(input, weights, output);
#endif
  (void)set;
  multiply_scalar(input, weights, output);
}
