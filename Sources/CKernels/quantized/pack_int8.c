// Row-major float weights to 8-bit panels, symmetric per output and group of 128 inputs.
//
// A block is made of 16 outputs: 128 weights each are widened and quantised, and their codes spread
// as 32 words of four.
// Nothing larger than a group leaves the L1 cache on the way, so weights are read and codes written
// once.
#include "include/kernels.h"
#include "quantized/format.h"

// Fills output `o` of a block from 128 weights.
static void pack_output(const CKKernels *kernels, const float *values, uint8_t *block,
                        ptrdiff_t o) {
  int8_t codes[CK_GROUP_INPUTS];
  float scale, sum;
  kernels->quantize_group(values, codes, &scale, &sum);
  for (int v = 0; v < CK_GROUP_INPUTS / 4; v++) {
    uint32_t four;
    memcpy(&four, codes + 4 * v, sizeof four);
    four ^= 0x80808080;  // the zero point is 128
    memcpy(block + 64 * v + 4 * o, &four, sizeof four);
  }
  memcpy(block + CK_BLOCK_BYTES_8 - 64 + 4 * o, &scale, sizeof scale);
}

void ck_pack_int8(const CKKernels *kernels, const void *weights, CKFloatType type,
                  ptrdiff_t outputs, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t last,
                  void *into) {
  const ptrdiff_t element = type == CKFloatType32 ? 4 : 2;
  const ptrdiff_t groups = (columns + CK_GROUP_INPUTS - 1) / CK_GROUP_INPUTS;
  for (ptrdiff_t panel = first; panel < last; panel++) {
    for (ptrdiff_t group = 0; group < groups; group++) {
      uint8_t *block = (uint8_t *)into + (panel * groups + group) * CK_BLOCK_BYTES_8;
      ptrdiff_t column = group * CK_GROUP_INPUTS;
      ptrdiff_t count = columns - column < CK_GROUP_INPUTS ? columns - column : CK_GROUP_INPUTS;
      for (ptrdiff_t o = 0; o < CK_PANEL_OUTPUTS; o++) {
        ptrdiff_t output = panel * CK_PANEL_OUTPUTS + o;
        float values[CK_GROUP_INPUTS] = {0};
        if (output < outputs)
          kernels->widen((const char *)weights + (output * columns + column) * element, type,
                         values, count);
        pack_output(kernels, values, block, o);
      }
    }
  }
}
