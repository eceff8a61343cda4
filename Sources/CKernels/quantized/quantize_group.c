// 128 floats to int8: two passes over the values, which are in L1 by the second.
#include "common/fill.h"
#include "quantized/format.h"

static uint32_t peak_scalar(const float *values) {
  uint32_t peak = 0;
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    uint32_t bits = magnitude_bits(values[i]);
    if (bits > peak) peak = bits;
  }
  return peak;
}

// Returns the sum of the codes.
static int round_scalar(const float *values, float inverse, int8_t *codes) {
  int sum = 0;
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    codes[i] = (int8_t)round_to_even(values[i] * inverse);
    sum += codes[i];
  }
  return sum;
}

static void quantize_group_scalar(const float *values, int8_t *codes, float *scale, float *sum) {
  float inverse;
  *scale = group_scale(peak_scalar(values), &inverse);
  *sum = inverse > 0 ? (float)round_scalar(values, inverse, codes) : zero_codes(codes);
}

void ck_fill_quantize_group(CKKernels *kernels) { kernels->quantize_group = quantize_group_scalar; }
