#include "quantized_format.h"

// AWQ's gemm order to panels: a transpose of four-bit codes from [inputs, outputs] to blocks of
// 16 outputs × 128 inputs.

/// Where output `o` (0...7) of a word sits: nibble NIBBLE[o], counted from the lowest bits.
static const uint8_t NIBBLE[8] = {0, 4, 1, 5, 2, 6, 3, 7};

static uint32_t code_at(const char *words, ptrdiff_t row, ptrdiff_t outputs, ptrdiff_t output) {
  uint32_t word;
  memcpy(&word, words + (row * (outputs / 8) + output / 8) * 4, sizeof word);
  return word >> (4 * NIBBLE[output % 8]) & 15;
}

/// The float16 of an integer 0...15.
static uint16_t half_of_code(uint32_t code) {
  if (code == 0) return 0;
  uint32_t exponent = code >= 8 ? 3 : code >= 4 ? 2 : code >= 2 ? 1 : 0;
  return (uint16_t)((exponent + 15) << 10 | (code << (10 - exponent) & 0x3ff));
}

static void pack_block_scalar(const char *words, const char *zeros, const char *scales,
                              ptrdiff_t outputs, ptrdiff_t group, ptrdiff_t first, uint8_t *block) {
  memset(block, 0, CK_BLOCK_BYTES_4);
  ptrdiff_t lanes = outputs - first < CK_PANEL_OUTPUTS ? outputs - first : CK_PANEL_OUTPUTS;
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    uint8_t *bytes = block + i / 8 * 64 + i % 4;
    int shift = i % 8 < 4 ? 0 : 4;
    for (ptrdiff_t lane = 0; lane < lanes; lane++)
      bytes[4 * lane] |=
          (uint8_t)(code_at(words, group * CK_GROUP_INPUTS + i, outputs, first + lane) << shift);
  }
  memcpy(block + 1024, scales + (group * outputs + first) * 2, (size_t)lanes * 2);
  for (ptrdiff_t lane = 0; lane < lanes; lane++) {
    uint16_t zero = half_of_code(code_at(zeros, group, outputs, first + lane));
    memcpy(block + 1056 + 2 * lane, &zero, sizeof zero);
  }
}

void ck_pack_awq(const void *words, const void *zeros, const void *scales, ptrdiff_t outputs,
                 ptrdiff_t groups, ptrdiff_t first, ptrdiff_t last, void *into,
                 CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t panel = first; panel < last; panel++)
    for (ptrdiff_t group = 0; group < groups; group++)
      pack_block_scalar(words, zeros, scales, outputs, group, panel * CK_PANEL_OUTPUTS,
                        (uint8_t *)into + (panel * groups + group) * CK_BLOCK_BYTES_4);
}
