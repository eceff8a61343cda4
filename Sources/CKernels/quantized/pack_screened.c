// Row-major float weights to the two halves of an output layer. Every weight is read once.
#include "include/kernels.h"
#include "quantized/screened_format.h"

// Fills `*half` with 16 · scale for a group whose largest magnitude has the bits `peak`; returns
// the factor for weights before they are rounded, 0 when all codes are that of zero.
static float high_scale(uint32_t peak, uint16_t *half) {
  const uint16_t largest = 0x7bff, nan = 0x7e00;
  float magnitude = float_from_bits(peak);
  *half = 0;
  if (magnitude < 1e-30f) return 0;
  float wanted = magnitude * (16.0f / CK_SCREENED_ZERO);
  *half = half_from_float(wanted);
  *half += float_from_half(*half) < wanted;
  if (peak < 0x7f800000 && *half <= largest) return 16 / float_from_half(*half);
  *half = nan;
  return 0;
}

// Fills output `o` of a block of high halves, and its low halves unless `low` is null, from 128
// weights; returns the scale.
static float pack_output(const float *values, const uint8_t *dither, uint8_t *block, int o,
                         uint8_t *low) {
  uint32_t peak = 0;
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    uint32_t bits = magnitude_bits(values[i]);
    peak = bits > peak ? bits : peak;
  }
  uint16_t half;
  const uint16_t one = 0x3c00;
  float inverse = high_scale(peak, &half);
  uint8_t codes[CK_GROUP_INPUTS];
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    int code = inverse > 0 ? (int)round_to_even(values[i] * inverse) : 0;
    codes[i] = (uint8_t)(code + CK_SCREENED_ZERO + dither[i]);
  }
  for (int i = 0; i < CK_GROUP_INPUTS; i += 8)
    for (int j = 0; j < 4; j++)
      block[8 * i + 4 * o + j] = (uint8_t)(codes[i + j] >> 4 | (codes[i + 4 + j] & 0xf0));
  uint8_t *constants = block + CK_BLOCK_BYTES_4 - 64;
  memcpy(constants + 2 * o, &half, sizeof half);
  memcpy(constants + 32 + 2 * o, &one, sizeof one);
  if (low)
    for (int j = 0; j < CK_LOW_BYTES; j++)
      low[j] = (uint8_t)((codes[j] & 15) | codes[CK_LOW_BYTES + j] << 4);
  return float_from_half(half) / 16;
}

// The larger one; NaN if either is.
static float larger(float a, float b) { return a >= b || a != a ? a : b; }

void ck_pack_screened(const CKKernels *kernels, const void *weights, CKFloatType type,
                      ptrdiff_t outputs, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                      CKScreenedWeights into) {
  const ptrdiff_t element = type == CKFloatType32 ? 4 : 2;
  const ptrdiff_t groups = (columns + CK_GROUP_INPUTS - 1) / CK_GROUP_INPUTS;
  for (ptrdiff_t panel = first; panel < last; panel++) {
    float scales[CK_PANEL_OUTPUTS] = {0};
    for (ptrdiff_t group = 0; group < groups; group++) {
      uint8_t *block = (uint8_t *)into.high + (panel * groups + group) * CK_BLOCK_BYTES_4;
      ptrdiff_t column = group * CK_GROUP_INPUTS;
      ptrdiff_t count = columns - column < CK_GROUP_INPUTS ? columns - column : CK_GROUP_INPUTS;
      uint8_t dither[CK_GROUP_INPUTS];
      for (int i = 0; i < CK_GROUP_INPUTS; i++) dither[i] = column_dither(column + i);
      for (int o = 0; o < CK_PANEL_OUTPUTS; o++) {
        ptrdiff_t output = panel * CK_PANEL_OUTPUTS + o;
        float values[CK_GROUP_INPUTS] = {0};
        uint8_t *low = NULL;
        if (output < outputs) {
          low = into.low + (output * groups + group) * CK_LOW_BYTES;
          kernels->widen((const char *)weights + (output * columns + column) * element, type,
                         values, count);
        }
        scales[o] = larger(scales[o], pack_output(values, dither, block, o, low));
      }
    }
    for (int o = 0; o < CK_PANEL_OUTPUTS; o++)
      if (panel * CK_PANEL_OUTPUTS + o < outputs)
        into.scales[panel * CK_PANEL_OUTPUTS + o] = scales[o];
  }
}
