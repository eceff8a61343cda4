#ifndef CKERNELS_QUANTIZED_FORMAT_H
#define CKERNELS_QUANTIZED_FORMAT_H

// Access to the packed blocks that include/quantized.h describes, for the kernels of this module.

#include <string.h>

#include "include/quantized.h"

static inline ptrdiff_t block_bytes(int bits) {
  return bits == 4 ? CK_BLOCK_BYTES_4 : CK_BLOCK_BYTES_8;
}

/// A float16 as a float: 5 bits of exponent, 10 of fraction (IEEE 754 binary16).
static inline float half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = half & 0x7fff;
  uint32_t bits;
  float value;
  if (magnitude < 0x0400) {  // zero or subnormal: a multiple of 2⁻²⁴
    value = (float)magnitude * 0x1p-24f;
    memcpy(&bits, &value, sizeof bits);
  } else {
    bits = (magnitude << 13) + (magnitude < 0x7c00 ? 0x38000000 : 0x70000000);
  }
  bits |= sign;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// Code of output `output` (0...15) and input `input` (0...127) of a block.
static inline int block_code(const void *block, int bits, int output, int input) {
  const uint8_t *codes = block;
  if (bits == 8) return codes[input / 4 * 64 + 4 * output + input % 4];
  uint8_t pair = codes[input / 8 * 64 + 4 * output + input % 4];
  return input % 8 < 4 ? pair & 15 : pair >> 4;
}

/// Scale and zero point of output `output` (0...15) of a block.
static inline void block_constants(const void *block, int bits, int output, float *scale,
                                   int *zero) {
  const char *constants = (const char *)block + block_bytes(bits) - 64;
  if (bits == 8) {
    memcpy(scale, constants + 4 * output, sizeof *scale);
    *zero = 128;
    return;
  }
  uint16_t halves[2];
  memcpy(&halves[0], constants + 2 * output, sizeof halves[0]);
  memcpy(&halves[1], constants + 32 + 2 * output, sizeof halves[1]);
  *scale = half_to_float(halves[0]);
  *zero = (int)half_to_float(halves[1]);
}

/// `value` rounded to the nearest integer, ties to even; for magnitudes below 2²².
static inline float round_to_even(float value) {
  const float shift = 0x1.8p23f;
  return (value + shift) - shift;
}

/// Scale of a group whose largest magnitude has the bits `peak` (so NaN > infinity > numbers), and
/// in `*inverse` what values are multiplied with before they are rounded; 0 when all codes are 0.
static inline float group_scale(uint32_t peak, float *inverse) {
  float magnitude;
  memcpy(&magnitude, &peak, sizeof magnitude);
  *inverse = 0;
  if (peak >= 0x7f800000) return magnitude - magnitude;  // NaN
  if (magnitude < 1e-30f) return 0;
  *inverse = 127 / magnitude;
  return magnitude / 127;
}

static inline uint32_t magnitude_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits & 0x7fffffff;
}

#endif
