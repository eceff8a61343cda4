#include "quantized_format.h"

// One packed block as floats, for products in float32: (code − zero) · scale.

static void unpack_panel_scalar(const void *block, int bits, float *output) {
  for (int lane = 0; lane < CK_PANEL_OUTPUTS; lane++) {
    float scale;
    int zero;
    block_constants(block, bits, lane, &scale, &zero);
    for (int i = 0; i < CK_GROUP_INPUTS; i++)
      output[i * CK_PANEL_OUTPUTS + lane] =
          (float)(block_code(block, bits, lane, i) - zero) * scale;
  }
}

void ck_unpack_panel_float(const void *block, int bits, float *output, CKInstructionSet set) {
  (void)set;
  unpack_panel_scalar(block, bits, output);
}
