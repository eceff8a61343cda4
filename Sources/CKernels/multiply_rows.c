/* output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o]) for few rows. */
#include "float_convert.h"
#include "include/float_products.h"
#include "sum.h"

static void multiply_rows_scalar(const float *input, ptrdiff_t inputStride, ptrdiff_t rows,
                                 const void *weights, CKFloatType type, ptrdiff_t weightStride,
                                 ptrdiff_t outputs, ptrdiff_t count, const float *bias,
                                 float *output, ptrdiff_t outputStride) {
  for (ptrdiff_t o = 0; o < outputs; o++) {
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float *x = input + r * inputStride;
      float sums[CK_SUMS] = {0};
      ptrdiff_t k = 0;
      for (; k + CK_SUMS <= count; k += CK_SUMS) {
        for (ptrdiff_t i = 0; i < CK_SUMS; i++) {
          sums[i] += x[k + i] * load_float(weights, type, o * weightStride + k + i);
        }
      }
      for (ptrdiff_t i = 0; k + i < count; i++) {
        sums[i] += x[k + i] * load_float(weights, type, o * weightStride + k + i);
      }
      output[r * outputStride + o] = add_partial_sums(sums) + (bias ? bias[o] : 0);
    }
  }
}

void ck_multiply_rows(const float *input, ptrdiff_t inputStride, ptrdiff_t rows,
                      const void *weights, CKFloatType type, ptrdiff_t weightStride,
                      ptrdiff_t outputs, ptrdiff_t count, const float *bias, float *output,
                      ptrdiff_t outputStride, CKInstructionSet set) {
  (void)set;
  multiply_rows_scalar(input, inputStride, rows, weights, type, weightStride, outputs, count, bias,
                       output, outputStride);
}
