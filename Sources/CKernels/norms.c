/* Layer normalisation and root-mean-square normalisation of rows. */
#include "include/norms.h"

#include <math.h>

#include "sum.h"

static float sum_scalar(const float *x, ptrdiff_t count) {
  float sums[CK_SUMS] = {0};
  for (ptrdiff_t i = 0; i < count; i++) sums[i % CK_SUMS] += x[i];
  return add_partial_sums(sums);
}

/* Σ (x - center)² */
static float square_sum_scalar(const float *x, ptrdiff_t count, float center) {
  float sums[CK_SUMS] = {0};
  for (ptrdiff_t i = 0; i < count; i++) {
    float distance = x[i] - center;
    sums[i % CK_SUMS] += distance * distance;
  }
  return add_partial_sums(sums);
}

static void layer_norm_scalar(const float *x, ptrdiff_t columns, const float *weight,
                              const float *bias, float epsilon, float *output) {
  float mean = sum_scalar(x, columns) / (float)columns;
  float variance = square_sum_scalar(x, columns, mean) / (float)columns;
  float factor = 1 / sqrtf(variance + epsilon);
  for (ptrdiff_t i = 0; i < columns; i++) output[i] = (x[i] - mean) * factor * weight[i] + bias[i];
}

static void rms_norm_scalar(const float *x, ptrdiff_t columns, const float *weight, float epsilon,
                            float *output) {
  float factor = 1 / sqrtf(square_sum_scalar(x, columns, 0) / (float)columns + epsilon);
  for (ptrdiff_t i = 0; i < columns; i++) output[i] = x[i] * factor * weight[i];
}

void ck_layer_norm(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t columns,
                   const float *weight, const float *bias, float epsilon, float *output,
                   ptrdiff_t outputStride, CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    layer_norm_scalar(input + r * inputStride, columns, weight, bias, epsilon,
                      output + r * outputStride);
  }
}

void ck_rms_norm(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t columns,
                 const float *weight, float epsilon, float *output, ptrdiff_t outputStride,
                 CKInstructionSet set) {
  (void)set;
  for (ptrdiff_t r = 0; r < rows; r++) {
    rms_norm_scalar(input + r * inputStride, columns, weight, epsilon, output + r * outputStride);
  }
}
