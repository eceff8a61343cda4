#ifndef CK_QUANTIZED_FORMAT_H
#define CK_QUANTIZED_FORMAT_H

// Access to the packed blocks that include/quantized.h describes, for the kernels of this module.

#include "common/float_convert.h"
#include "common/internal.h"
#include "include/quantized.h"

CK_INLINE ptrdiff_t block_bytes(int bits) {
  return bits == 4 ? CK_BLOCK_BYTES_4 : CK_BLOCK_BYTES_8;
}

// Code of output `output` (0...15) and input `input` (0...127) of a block.
CK_INLINE int block_code(const void *block, int bits, int output, int input) {
  const uint8_t *codes = block;
  if (bits == 8) return codes[input / 4 * 64 + 4 * output + input % 4];
  uint8_t pair = codes[input / 8 * 64 + 4 * output + input % 4];
  return input % 8 < 4 ? pair & 15 : pair >> 4;
}

// Scale and zero point of output `output` (0...15) of a block.
CK_INLINE void block_constants(const void *block, int bits, int output, float *scale, float *zero) {
  const char *constants = (const char *)block + block_bytes(bits) - 64;
  if (bits == 8) {
    memcpy(scale, constants + 4 * output, sizeof *scale);
    *zero = 128;
    return;
  }
  uint16_t halves[2];
  memcpy(&halves[0], constants + 2 * output, sizeof halves[0]);
  memcpy(&halves[1], constants + 32 + 2 * output, sizeof halves[1]);
  *scale = float_from_half(halves[0]);
  *zero = float_from_half(halves[1]);
}

// Sets the zero point, 0...15, of output `output` of a block with 4 bits.
CK_INLINE void set_zero(uint8_t *block, ptrdiff_t output, uint32_t zero) {
  static const uint16_t halves[16] = {0x0000, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500,
                                      0x4600, 0x4700, 0x4800, 0x4880, 0x4900, 0x4980,
                                      0x4a00, 0x4a80, 0x4b00, 0x4b80};
  memcpy(block + CK_BLOCK_BYTES_4 - 32 + 2 * output, &halves[zero], sizeof halves[zero]);
}

// `value` rounded to the nearest integer, ties to even; for magnitudes below 2²².
CK_INLINE float round_to_even(float value) {
  const float shift = 0x1.8p23f;
  return (value + shift) - shift;
}

// Scale of a group whose largest magnitude has the bits `peak` (so NaN > infinity > numbers), and
// in `*inverse` the factor for values before they are rounded; 0 when all codes are 0.
CK_INLINE float group_scale(uint32_t peak, float *inverse) {
  float magnitude = float_from_bits(peak);
  *inverse = 0;
  if (peak >= 0x7f800000) return magnitude - magnitude;  // NaN
  if (magnitude < 1e-30f) return 0;
  *inverse = 127 / magnitude;
  return magnitude / 127;
}

// Sets a group's codes to zero and returns their sum.
CK_INLINE float zero_codes(int8_t *codes) {
  memset(codes, 0, CK_GROUP_INPUTS);
  return 0;
}

// |value| as an integer that orders magnitudes, infinity and NaN last.
CK_INLINE uint32_t magnitude_bits(float value) { return bits_from_float(value) & 0x7fffffff; }

#endif
