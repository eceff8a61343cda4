// int8 activations times quantised weights: exact integer sums per group of 128 inputs, float32
// between groups.
#include "common/fill.h"
#include "quantized/format.h"

static float dot_scalar(CKQuantizedRows input, CKQuantizedPanels weights, ptrdiff_t row,
                        ptrdiff_t output) {
  const char *block = (const char *)weights.panels +
                      output / CK_PANEL_OUTPUTS * input.groups * block_bytes(weights.bits);
  int o = (int)(output % CK_PANEL_OUTPUTS);
  float total = 0;
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    ptrdiff_t item = group * input.rows + row;
    const int8_t *codes = input.codes + item * CK_GROUP_INPUTS;
    float scale, zero;
    block_constants(block, weights.bits, o, &scale, &zero);
    int32_t sum = 0;
    for (int i = 0; i < CK_GROUP_INPUTS; i++)
      sum += codes[i] * block_code(block, weights.bits, o, i);
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

void ck_fill_quantized_multiply(CKKernels *kernels) {
  kernels->quantized_gemv = multiply_scalar;
  kernels->quantized_gemm = multiply_scalar;
}

void ck_multiply_quantized(const CKKernels *kernels, CKQuantizedRows input,
                           CKQuantizedPanels weights, CKQuantizedOutput output) {
  if (input.rows <= CK_GEMV_ROWS) return kernels->quantized_gemv(input, weights, output);
  kernels->quantized_gemm(input, weights, output);
}
