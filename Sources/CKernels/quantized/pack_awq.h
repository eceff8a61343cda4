// What the versions of `pack_awq` share.
#ifndef CK_QUANTIZED_PACK_AWQ_H
#define CK_QUANTIZED_PACK_AWQ_H

#include "quantized/format.h"

// Packs panels in portable C: the definition, and the rest that vectors leave.
void ck_pack_awq_scalar(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last, void *into);

// Where output `o` (0...7) of a word sits: nibble NIBBLE[o], counted from the lowest bits.
static const uint8_t NIBBLE[8] = {0, 4, 1, 5, 2, 6, 3, 7};

static uint32_t code_at(const char *words, ptrdiff_t row, ptrdiff_t outputs, ptrdiff_t output) {
  uint32_t word;
  memcpy(&word, words + (row * (outputs / 8) + output / 8) * 4, sizeof word);
  return word >> (4 * NIBBLE[output % 8]) & 15;
}

// Scales and zero points of a block, whose first output is `first`.
static void pack_constants(CKAWQMatrix matrix, ptrdiff_t group, ptrdiff_t first, ptrdiff_t outputs,
                           uint8_t *block) {
  memcpy(block + 1024, (const char *)matrix.scales + (group * matrix.outputs + first) * 2,
         (size_t)outputs * 2);
  for (ptrdiff_t o = 0; o < outputs; o++) {
    set_zero(block, o, code_at((const char *)matrix.zeros, group, matrix.outputs, first + o));
  }
}

#endif
