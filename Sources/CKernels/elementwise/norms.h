// Normalisation of one row in plain loops. A template, for files that define `TARGET`.
#include <math.h>
#include <stdbool.h>

#include "common/sum.h"

// Σ (x - center), or of its squares.
TARGET CK_INLINE float sum_of(const float *x, ptrdiff_t count, float center, const bool squared) {
  float sums[CK_SUMS] = {0};
  ptrdiff_t i = 0;
  for (; i + CK_SUMS <= count; i += CK_SUMS) {
    for (ptrdiff_t s = 0; s < CK_SUMS; s++) {
      float distance = x[i + s] - center;
      sums[s] += squared ? distance * distance : distance;
    }
  }
  for (ptrdiff_t s = 0; i + s < count; s++) {
    float distance = x[i + s] - center;
    sums[s] += squared ? distance * distance : distance;
  }
  return add_partial_sums(sums);
}

TARGET static void layer_norm(const float *x, ptrdiff_t columns, const float *weight,
                              const float *bias, float epsilon, float *output) {
  float mean = sum_of(x, columns, 0, false) / (float)columns;
  float variance = sum_of(x, columns, mean, true) / (float)columns;
  float factor = 1 / sqrtf(variance + epsilon);
  for (ptrdiff_t i = 0; i < columns; i++) output[i] = (x[i] - mean) * factor * weight[i] + bias[i];
}

TARGET static void rms_norm(const float *x, ptrdiff_t columns, const float *weight, float epsilon,
                            float *output) {
  float factor = 1 / sqrtf(sum_of(x, columns, 0, true) / (float)columns + epsilon);
  for (ptrdiff_t i = 0; i < columns; i++) output[i] = x[i] * factor * weight[i];
}
