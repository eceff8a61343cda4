// Four-bit codes by rows, to panels and to floats.
//
// A word has eight inputs of an output, which are one element of a block's vector: only the order of
// its halves differs.
#include "quantized/format.h"

static uint32_t word_at(const void *words, ptrdiff_t index) {
  uint32_t word;
  memcpy(&word, (const char *)words + 4 * index, sizeof word);
  return word;
}

static uint32_t zero_at(CKWordMatrix matrix, ptrdiff_t output, ptrdiff_t group) {
  if (!matrix.zeros) return 8;
  ptrdiff_t groups = matrix.inputs / matrix.group_inputs;
  return word_at(matrix.zeros, output / 8 * groups + group) >> (4 * (output % 8)) & 15;
}

// The four codes of a half word, a byte each.
static uint32_t spread(uint32_t half) {
  half = (half | half << 8) & 0x00ff00ff;
  return (half | half << 4) & 0x0f0f0f0f;
}

// Packs output `output` of a group of 128 inputs as output `o` of a block.
static void pack_output(CKWordMatrix matrix, const uint8_t *scales, ptrdiff_t group,
                        ptrdiff_t output, uint8_t *block, ptrdiff_t o) {
  ptrdiff_t word = output * (matrix.inputs / 8) + group * (CK_GROUP_INPUTS / 8);
  for (int v = 0; v < CK_GROUP_INPUTS / 8; v++) {
    uint32_t codes = word_at(matrix.words, word + v);
    uint32_t pairs = spread(codes & 0xffff) | spread(codes >> 16) << 4;
    memcpy(block + 64 * v + 4 * o, &pairs, sizeof pairs);
  }
  ptrdiff_t shared = group * CK_GROUP_INPUTS / matrix.group_inputs;
  ptrdiff_t scale = output * (matrix.inputs / matrix.group_inputs) + shared;
  memcpy(block + CK_BLOCK_BYTES_4 - 64 + 2 * o, scales + 2 * scale, 2);
  set_zero(block, o, zero_at(matrix, output, shared));
}

void ck_pack_words(CKWordMatrix matrix, const void *scales, ptrdiff_t first, ptrdiff_t last,
                   void *into) {
  ptrdiff_t groups = matrix.inputs / CK_GROUP_INPUTS;
  for (ptrdiff_t panel = first; panel < last; panel++) {
    ptrdiff_t output = panel * CK_PANEL_OUTPUTS;
    ptrdiff_t left = matrix.outputs - output;
    for (ptrdiff_t group = 0; group < groups; group++) {
      uint8_t *block = (uint8_t *)into + (panel * groups + group) * CK_BLOCK_BYTES_4;
      memset(block, 0, CK_BLOCK_BYTES_4);
      for (ptrdiff_t o = 0; o < (left < CK_PANEL_OUTPUTS ? left : CK_PANEL_OUTPUTS); o++)
        pack_output(matrix, scales, group, output + o, block, o);
    }
  }
}

void ck_unpack_words(CKWordMatrix matrix, const float *scales, ptrdiff_t first, ptrdiff_t last,
                     float *into) {
  ptrdiff_t groups = matrix.inputs / matrix.group_inputs;
  for (ptrdiff_t output = first; output < last; output++) {
    float *row = into + output * matrix.inputs;
    for (ptrdiff_t group = 0; group < groups; group++) {
      float scale = scales[output * groups + group];
      int zero = (int)zero_at(matrix, output, group);
      for (ptrdiff_t i = group * matrix.group_inputs; i < (group + 1) * matrix.group_inputs; i++) {
        uint32_t word = word_at(matrix.words, output * (matrix.inputs / 8) + i / 8);
        row[i] = (float)((int)(word >> (4 * (i % 8)) & 15) - zero) * scale;
      }
    }
  }
}
