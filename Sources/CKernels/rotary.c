/* Rotary position embedding of queries and keys, and storing into the cache. */
#include "include/rotary.h"

#include "float_convert.h"
#include "key_codes.h"

/* Component `i` of a head, rotated by the angles of its position. */
CK_INLINE float rotated(const float *x, ptrdiff_t i, ptrdiff_t half, const float *cosines,
                        const float *sines) {
  return i < half ? x[i] * cosines[i] - x[i + half] * sines[i]
                  : x[i] * cosines[i - half] + x[i - half] * sines[i - half];
}

static void rotate_scalar(const float *x, ptrdiff_t width, const float *cosines,
                          const float *sines, float *output) {
  for (ptrdiff_t i = 0; i < width; i++) {
    output[i] = rotated(x, i, width / 2, cosines, sines);
  }
}

/* One component of a key, rotated where there are angles. */
CK_INLINE float key_component(const float *x, ptrdiff_t i, ptrdiff_t width, const float *cosines,
                              const float *sines) {
  return cosines ? rotated(x, i, width / 2, cosines, sines) : x[i];
}

CK_INLINE void store_float(float value, void *target, CKFloatType type, ptrdiff_t index) {
  if (type == CKFloatType16) {
    ((uint16_t *)target)[index] = half_from_float(value);
  } else {
    ((float *)target)[index] = value;
  }
}

static void store_key(const float *x, ptrdiff_t width, const float *cosines, const float *sines,
                      float *keys, ptrdiff_t position) {
  ptrdiff_t first = position / CK_KEY_BLOCK * CK_KEY_BLOCK * width + position % CK_KEY_BLOCK;
  for (ptrdiff_t i = 0; i < width; i++) {
    keys[first + i * CK_KEY_BLOCK] = key_component(x, i, width, cosines, sines);
  }
}

/* Stores a key as codes, and returns what a code is worth; not a number where a component is none. */
static float store_key_codes(const float *x, ptrdiff_t width, const float *cosines,
                             const float *sines, int16_t *keys, ptrdiff_t position) {
  float largest = 0, squares = 0;
  for (ptrdiff_t i = 0; i < width; i++) {
    float magnitude = fabsf(key_component(x, i, width, cosines, sines));
    if (!(magnitude <= largest)) largest = magnitude;
    if (isnan(largest)) break;
  }
  /* In units of the largest, so that no square overflows. */
  const float unit = largest > 1e-30f ? 1 / largest : 0;
  for (ptrdiff_t i = 0; i < width; i++) {
    float part = key_component(x, i, width, cosines, sines) * unit;
    squares += part * part;
  }
  const float limit = fminf(INT16_MAX, largest_norm(width) / sqrtf(squares));
  for (ptrdiff_t i = 0; i < width; i++) {
    float code = key_component(x, i, width, cosines, sines) * unit * limit;
    /* Not a number becomes the least. */
    code = fminf(fmaxf(code, -INT16_MAX), INT16_MAX);
    keys[key_code_index(position, i, width)] = (int16_t)lrintf(code);
  }
  return largest / limit;
}

void ck_rotate(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
               const float *cosines, const float *sines, float *output,
               ptrdiff_t outputStride, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    rotate_scalar(input + r * inputStride, width, cosines + r * (width / 2),
                  sines + r * (width / 2), output + r * outputStride);
  }
}

void ck_store_keys(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
                   const float *cosines, const float *sines, void *keys, float *scales,
                   ptrdiff_t position, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *row = input + r * inputStride;
    const float *cosine = cosines ? cosines + r * (width / 2) : NULL;
    const float *sine = cosines ? sines + r * (width / 2) : NULL;
    if (scales) {
      scales[position + r] = store_key_codes(row, width, cosine, sine, keys, position + r);
    } else {
      store_key(row, width, cosine, sine, keys, position + r);
    }
  }
}

void ck_store_values(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
                     void *values, CKFloatType type, ptrdiff_t position, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    for (ptrdiff_t i = 0; i < width; i++) {
      store_float(input[r * inputStride + i], values, type, (position + r) * width + i);
    }
  }
}
