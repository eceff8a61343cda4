// AWQ's gemm order to panels: a transpose of four-bit codes from [inputs, outputs] to blocks of 16
// outputs × 128 inputs.
#include "quantized/pack_awq.h"

#include "common/fill.h"

static void pack_block_scalar(CKAWQMatrix matrix, ptrdiff_t group, ptrdiff_t first,
                              uint8_t *block) {
  memset(block, 0, CK_BLOCK_BYTES_4);
  ptrdiff_t left = matrix.outputs - first;
  ptrdiff_t outputs = left < CK_PANEL_OUTPUTS ? left : CK_PANEL_OUTPUTS;
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    uint8_t *bytes = block + i / 8 * 64 + i % 4;
    int shift = i % 8 < 4 ? 0 : 4;
    for (ptrdiff_t o = 0; o < outputs; o++)
      bytes[4 * o] |=
          (uint8_t)(code_at(matrix.words, group * CK_GROUP_INPUTS + i, matrix.outputs, first + o)
                    << shift);
  }
  pack_constants(matrix, group, first, outputs, block);
}

void ck_pack_awq_scalar(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last, void *into) {
  for (ptrdiff_t panel = first; panel < last; panel++)
    for (ptrdiff_t group = 0; group < matrix.groups; group++)
      pack_block_scalar(matrix, group, panel * CK_PANEL_OUTPUTS,
                        (uint8_t *)into + (panel * matrix.groups + group) * CK_BLOCK_BYTES_4);
}

void ck_fill_pack_awq(CKKernels *kernels) { kernels->pack_awq = ck_pack_awq_scalar; }
