// One packed block as a panel of float32, for products in float32: (code − zero) · scale.
#include "common/fill.h"
#include "include/panels.h"
#include "quantized/format.h"

_Static_assert(CK_PANEL == CK_PANEL_OUTPUTS, "a block becomes a panel of a float product");

static void unpack_block(const void *block, int bits, float *output) {
  for (int o = 0; o < CK_PANEL_OUTPUTS; o++) {
    float scale, zero;
    block_constants(block, bits, o, &scale, &zero);
    for (int i = 0; i < CK_GROUP_INPUTS; i++)
      output[i * CK_PANEL_OUTPUTS + o] = ((float)block_code(block, bits, o, i) - zero) * scale;
  }
}

void ck_fill_unpack_block(CKKernels *kernels) { kernels->unpack_block = unpack_block; }
