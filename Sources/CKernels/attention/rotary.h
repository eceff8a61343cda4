// Rotary position embedding of queries and keys, and storing into the cache, in plain loops. A
// template, for files that define `TARGET`; the compiler vectorises it.
#include "attention/cache_codes.h"
#include "common/float_convert.h"
#include "include/cache_format.h"

TARGET CK_INLINE void rotate(const float *x, ptrdiff_t half, const float *cosines,
                             const float *sines, float *restrict output) {
  for (ptrdiff_t i = 0; i < half; i++) {
    output[i] = x[i] * cosines[i] - x[i + half] * sines[i];
    output[i + half] = x[i + half] * cosines[i] + x[i] * sines[i];
  }
}

TARGET static void rotate_rows(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                               ptrdiff_t width, const float *cosines, const float *sines,
                               float *output, ptrdiff_t output_stride) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    rotate(input + r * input_stride, width / 2, cosines + r * (width / 2), sines + r * (width / 2),
           output + r * output_stride);
  }
}

TARGET CK_INLINE void store_key(const float *x, ptrdiff_t width, float *keys, ptrdiff_t position) {
  keys += position / CK_KEY_PANEL * CK_KEY_PANEL * width + position % CK_KEY_PANEL;
  for (ptrdiff_t i = 0; i < width; i++) keys[i * CK_KEY_PANEL] = x[i];
}

TARGET CK_INLINE float largest_magnitude(const float *x, ptrdiff_t width) {
  // The bits of magnitudes have the same order, with NaN above all numbers.
  uint32_t bits = 0;
  for (ptrdiff_t i = 0; i < width; i++) {
    uint32_t magnitude = bits_from_float(x[i]) & 0x7fffffff;
    bits = magnitude > bits ? magnitude : bits;
  }
  return float_from_bits(bits);
}

// The nearest code; NaN becomes the least.
TARGET CK_INLINE int16_t code_of(float x) {
  return (int16_t)nearbyintf(fminf(fmaxf(x, -INT16_MAX), INT16_MAX));
}

// Stores a key as codes, and returns their scale; NaN where an element is NaN or infinite.
TARGET CK_INLINE float store_key_codes(const float *x, ptrdiff_t width, int16_t *keys,
                                       ptrdiff_t position) {
  const float largest = largest_magnitude(x, width);
  // In units of the largest, so that no square overflows.
  const float unit = largest > 1e-30f ? 1 / largest : 0;
  float squares = 0;
  {
    // Lets the compiler sum vectors.
#pragma clang fp reassociate(on)
    for (ptrdiff_t i = 0; i < width; i++) squares += x[i] * unit * (x[i] * unit);
  }
  const float limit = fminf(INT16_MAX, largest_norm(width) / sqrtf(squares));
  for (ptrdiff_t i = 0; i < width; i++) {
    keys[key_code_index(position, i, width)] = code_of(x[i] * unit * limit);
  }
  return largest / limit;
}

// Stores a value as codes, and returns their scale; NaN or infinity where an element is.
TARGET CK_INLINE float store_value_codes(const float *x, ptrdiff_t width, int16_t *values,
                                         ptrdiff_t position) {
  const float largest = largest_magnitude(x, width);
  const float factor = largest > 1e-30f ? INT16_MAX / largest : 0;
  for (ptrdiff_t i = 0; i < width; i++) {
    values[value_code_index(position, i, width)] = code_of(x[i] * factor);
  }
  return largest / INT16_MAX;
}

TARGET static void store_keys(const float *input, ptrdiff_t rows, ptrdiff_t width, void *keys,
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

TARGET static void store_values(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                                ptrdiff_t width, void *values, float *scales, ptrdiff_t position) {
  for (ptrdiff_t r = 0; r < rows; r++, position++) {
    const float *x = input + r * input_stride;
    if (scales) {
      scales[position] = store_value_codes(x, width, values, position);
    } else {
      memcpy((float *)values + position * width, x, (size_t)width * sizeof *x);
    }
  }
}
