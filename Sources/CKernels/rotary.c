/* Rotary position embedding of queries and keys, and storing into the cache. */
#include "include/rotary.h"

#include "float_convert.h"

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

CK_INLINE void store_float(float value, void *target, CKFloatType type, ptrdiff_t index) {
  if (type == CKFloatType16) {
    ((uint16_t *)target)[index] = half_from_float(value);
  } else {
    ((float *)target)[index] = value;
  }
}

static void store_key_scalar(const float *x, ptrdiff_t width, const float *cosines,
                             const float *sines, void *keys, CKFloatType type,
                             ptrdiff_t position) {
  ptrdiff_t first = position / CK_KEY_BLOCK * CK_KEY_BLOCK * width + position % CK_KEY_BLOCK;
  for (ptrdiff_t i = 0; i < width; i++) {
    float value = cosines ? rotated(x, i, width / 2, cosines, sines) : x[i];
    store_float(value, keys, type, first + i * CK_KEY_BLOCK);
  }
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
                   const float *cosines, const float *sines, void *keys, CKFloatType type,
                   ptrdiff_t position, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    ptrdiff_t angles = r * (width / 2);
    store_key_scalar(input + r * inputStride, width, cosines ? cosines + angles : NULL,
                     cosines ? sines + angles : NULL, keys, type, position + r);
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
