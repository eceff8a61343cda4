#include "quantized/format.h"
#include "quantized/quantize_group.h"

// Row-major float weights to 8-bit panels, symmetric per output and group of 128 inputs.
//
// A block is 16 times: widen 128 weights, quantise them, and spread the codes as 32 words of four.
// Nothing larger than a group leaves the L1 cache on the way, so weights are read and codes written
// once.

// Fills output `lane` of a block from 128 weights.
static void pack_lane(const float *values, uint8_t *block, ptrdiff_t lane, CKInstructionSet set) {
  int8_t codes[CK_GROUP_INPUTS];
  float scale, sum;
  ck_quantize_group(values, codes, &scale, &sum, set);
  for (int v = 0; v < CK_GROUP_INPUTS / 4; v++) {
    uint32_t four;
    memcpy(&four, codes + 4 * v, sizeof four);
    four ^= 0x80808080;  // the zero point is 128
    memcpy(block + 64 * v + 4 * lane, &four, sizeof four);
  }
  memcpy(block + CK_BLOCK_BYTES_8 - 64 + 4 * lane, &scale, sizeof scale);
}

void ck_pack_int8(const void *weights, CKFloatType type, ptrdiff_t outputs, ptrdiff_t columns,
                  ptrdiff_t first, ptrdiff_t last, void *into, CKInstructionSet set) {
  const ptrdiff_t element = type == CKFloatType32 ? 4 : 2;
  const ptrdiff_t groups = (columns + CK_GROUP_INPUTS - 1) / CK_GROUP_INPUTS;
  for (ptrdiff_t panel = first; panel < last; panel++) {
    for (ptrdiff_t group = 0; group < groups; group++) {
      uint8_t *block = (uint8_t *)into + (panel * groups + group) * CK_BLOCK_BYTES_8;
      ptrdiff_t column = group * CK_GROUP_INPUTS;
      ptrdiff_t count = columns - column < CK_GROUP_INPUTS ? columns - column : CK_GROUP_INPUTS;
      for (ptrdiff_t lane = 0; lane < CK_PANEL_OUTPUTS; lane++) {
        ptrdiff_t output = panel * CK_PANEL_OUTPUTS + lane;
        float values[CK_GROUP_INPUTS] = {0};
        if (output < outputs)
          ck_widen((const char *)weights + (output * columns + column) * element, type, values,
                   count, set);
        pack_lane(values, block, lane, set);
      }
    }
  }
}
