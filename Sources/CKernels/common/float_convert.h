// Conversions between stored numbers and float32, one at a time.
#ifndef CK_COMMON_FLOAT_CONVERT_H
#define CK_COMMON_FLOAT_CONVERT_H

#include "common/internal.h"
#include "include/float_type.h"

CK_INLINE float float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

CK_INLINE uint32_t bits_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

CK_INLINE float float_from_brain16(uint16_t half) { return float_from_bits((uint32_t)half << 16); }

// The exponent is re-biased by a multiplication, which also makes subnormals right.
CK_INLINE float float_from_half(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
  float value = float_from_bits(magnitude) * 0x1p112f;
  uint32_t bits = (half & 0x7c00) == 0x7c00 ? magnitude | 0x7f800000u : bits_from_float(value);
  return float_from_bits(bits | (uint32_t)(half & 0x8000) << 16);
}

// Rounds to nearest, ties to even; beyond ±65504 the result is ±65504.
CK_INLINE uint16_t half_from_float(float value) {
  uint32_t bits = bits_from_float(value);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  float magnitude = float_from_bits(bits & 0x7fffffff);
  if (magnitude > 65504.0f) magnitude = 65504.0f;
  uint32_t rounded = bits_from_float(magnitude);
  if (magnitude < 0x1p-14f) {
    // Adding 1/2 leaves exactly the bits that a subnormal has.
    return sign | (uint16_t)(bits_from_float(magnitude + 0.5f) - bits_from_float(0.5f));
  }
  rounded += 0xfff + (rounded >> 13 & 1);
  return sign | (uint16_t)((rounded >> 13) - (112 << 10));
}

// Element `index` of an array of `type`.
CK_INLINE float load_float(const void *source, CKFloatType type, ptrdiff_t index) {
  uint16_t half;
  float value;
  switch (type) {
  case CKFloatType16:
    memcpy(&half, (const uint16_t *)source + index, sizeof half);
    return float_from_half(half);
  case CKFloatTypeBrain16:
    memcpy(&half, (const uint16_t *)source + index, sizeof half);
    return float_from_brain16(half);
  case CKFloatType32: break;
  }
  memcpy(&value, (const float *)source + index, sizeof value);
  return value;
}

#endif
