#include "quantized_format.h"

// Row-major float weights to 8-bit panels, symmetric per output and group of 128 inputs.

/// Fills output `lane` of a block from `count` weights that start at element `first`.
static void pack_lane_scalar(const void *weights, CKFloatType type, ptrdiff_t first,
                             ptrdiff_t count, uint8_t *block, ptrdiff_t lane) {
  uint32_t peak = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    uint32_t bits = magnitude_bits(load_float(weights, type, first + i));
    if (bits > peak) peak = bits;
  }
  float inverse;
  float scale = group_scale(peak, &inverse);
  memcpy(block + 2048 + 4 * lane, &scale, sizeof scale);
  for (ptrdiff_t i = 0; i < CK_GROUP_INPUTS; i++) {
    int code = 128;
    if (i < count && inverse > 0)
      code += (int)round_to_even(load_float(weights, type, first + i) * inverse);
    block[i / 4 * 64 + 4 * lane + i % 4] = (uint8_t)code;
  }
}

void ck_pack_int8(const void *weights, CKFloatType type, ptrdiff_t outputs, ptrdiff_t columns,
                  ptrdiff_t first, ptrdiff_t last, void *into, CKInstructionSet set) {
  (void)set;
  ptrdiff_t groups = (columns + CK_GROUP_INPUTS - 1) / CK_GROUP_INPUTS;
  for (ptrdiff_t panel = first; panel < last; panel++) {
    for (ptrdiff_t group = 0; group < groups; group++) {
      uint8_t *block = (uint8_t *)into + (panel * groups + group) * CK_BLOCK_BYTES_8;
      ptrdiff_t column = group * CK_GROUP_INPUTS;
      ptrdiff_t count = columns - column < CK_GROUP_INPUTS ? columns - column : CK_GROUP_INPUTS;
      for (ptrdiff_t lane = 0; lane < CK_PANEL_OUTPUTS; lane++) {
        ptrdiff_t output = panel * CK_PANEL_OUTPUTS + lane;
        pack_lane_scalar(weights, type, output * columns + column, output < outputs ? count : 0,
                         block, lane);
      }
    }
  }
}
