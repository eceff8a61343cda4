/* Rotary position embedding of queries and keys, and storing into the cache.

   Rotation and keys are plain loops, compiled for each instruction set. */
#include "include/rotary.h"

#include "float_convert.h"
#include "key_codes.h"

CK_INLINE void rotate(const float *x, ptrdiff_t half, const float *cosines, const float *sines,
                      float *restrict output) {
  for (ptrdiff_t i = 0; i < half; i++) {
    output[i] = x[i] * cosines[i] - x[i + half] * sines[i];
    output[i + half] = x[i + half] * cosines[i] + x[i] * sines[i];
  }
}

CK_INLINE void rotate_rows(const float *input, ptrdiff_t inputStride, ptrdiff_t rows,
                           ptrdiff_t width, const float *cosines, const float *sines,
                           float *output, ptrdiff_t outputStride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    rotate(input + r * inputStride, width / 2, cosines + r * (width / 2), sines + r * (width / 2),
           output + r * outputStride);
  }
}

CK_INLINE void store_key(const float *x, ptrdiff_t width, float *keys, ptrdiff_t position) {
  keys += position / CK_KEY_BLOCK * CK_KEY_BLOCK * width + position % CK_KEY_BLOCK;
  for (ptrdiff_t i = 0; i < width; i++) keys[i * CK_KEY_BLOCK] = x[i];
}

/* Stores a key as codes, and returns what a code is worth; not a number where a component is none. */
CK_INLINE float store_key_codes(const float *x, ptrdiff_t width, int16_t *keys,
                                ptrdiff_t position) {
  /* As bits, magnitudes are ordered alike, and what is no number is larger than all. */
  uint32_t bits = 0;
  for (ptrdiff_t i = 0; i < width; i++) {
    uint32_t magnitude = bits_from_float(x[i]) & 0x7fffffff;
    bits = magnitude > bits ? magnitude : bits;
  }
  const float largest = float_from_bits(bits);
  /* In units of the largest, so that no square overflows. */
  const float unit = largest > 1e-30f ? 1 / largest : 0;
  float squares = 0;
  {
    /* So that the sum may be one of vectors. */
#pragma clang fp reassociate(on)
    for (ptrdiff_t i = 0; i < width; i++) squares += x[i] * unit * (x[i] * unit);
  }
  const float limit = fminf(INT16_MAX, largest_norm(width) / sqrtf(squares));
  for (ptrdiff_t i = 0; i < width; i++) {
    /* Not a number becomes the least. */
    float code = fminf(fmaxf(x[i] * unit * limit, -INT16_MAX), INT16_MAX);
    keys[key_code_index(position, i, width)] = (int16_t)nearbyintf(code);
  }
  return largest / limit;
}

CK_INLINE void store_keys(const float *input, ptrdiff_t rows, ptrdiff_t width, void *keys,
                          float *scales, ptrdiff_t position) {
  for (ptrdiff_t r = 0; r < rows; r++, position++) {
    const float *x = input + r * width;
    if (scales) {
      scales[position] = store_key_codes(x, width, keys, position);
    } else {
      store_key(x, width, keys, position);
    }
  }
}

#define ROTARY(SET, TARGET)                                                                        \
  TARGET static void rotate_##SET(const float *input, ptrdiff_t inputStride, ptrdiff_t rows,       \
                                  ptrdiff_t width, const float *cosines, const float *sines,       \
                                  float *output, ptrdiff_t outputStride) {                         \
    rotate_rows(input, inputStride, rows, width, cosines, sines, output, outputStride);            \
  }                                                                                                \
  TARGET static void store_##SET(const float *input, ptrdiff_t rows, ptrdiff_t width, void *keys,  \
                                 float *scales, ptrdiff_t position) {                              \
    store_keys(input, rows, width, keys, scales, position);                                        \
  }
ROTARY(scalar, )
#if CK_X86
ROTARY(avx2, CK_AVX2)
ROTARY(avx512, CK_AVX512VNNI)
#endif

void ck_rotate(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
               const float *cosines, const float *sines, float *output,
               ptrdiff_t outputStride, CKInstructionSet set) {
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) {
    return rotate_avx512(input, inputStride, rows, width, cosines, sines, output, outputStride);
  }
  if (set == CKInstructionSetAVX2) {
    return rotate_avx2(input, inputStride, rows, width, cosines, sines, output, outputStride);
  }
#endif
  (void)set;
  rotate_scalar(input, inputStride, rows, width, cosines, sines, output, outputStride);
}

void ck_store_keys(const float *input, ptrdiff_t rows, ptrdiff_t width, void *keys, float *scales,
                   ptrdiff_t position, CKInstructionSet set) {
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) {
    return store_avx512(input, rows, width, keys, scales, position);
  }
  if (set == CKInstructionSetAVX2) return store_avx2(input, rows, width, keys, scales, position);
#endif
  (void)set;
  store_scalar(input, rows, width, keys, scales, position);
}

CK_INLINE void store_value(float value, void *target, CKFloatType type, ptrdiff_t index) {
  if (type == CKFloatType16) {
    ((uint16_t *)target)[index] = half_from_float(value);
  } else {
    ((float *)target)[index] = value;
  }
}

void ck_store_values(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
                     void *values, CKFloatType type, ptrdiff_t position, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    for (ptrdiff_t i = 0; i < width; i++) {
      store_value(input[r * inputStride + i], values, type, (position + r) * width + i);
    }
  }
}
