// output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o]) for few rows.
#include "float/gemv.h"

#include "common/fill.h"
#include "common/float_convert.h"
#include "common/sum.h"

static void multiply_rows(const FloatGemv *product, ptrdiff_t rows, CKFloatType type,
                          ptrdiff_t outputs) {
  for (ptrdiff_t o = 0; o < outputs; o++) {
    ptrdiff_t first = o * product->weight_stride;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float *x = product->input + r * product->input_stride;
      float sums[CK_SUMS] = {0};
      ptrdiff_t k = 0;
      for (; k + CK_SUMS <= product->count; k += CK_SUMS) {
        for (ptrdiff_t i = 0; i < CK_SUMS; i++) {
          sums[i] += x[k + i] * load_float(product->weights, type, first + k + i);
        }
      }
      for (ptrdiff_t i = 0; k + i < product->count; i++) {
        sums[i] += x[k + i] * load_float(product->weights, type, first + k + i);
      }
      product->output[r * product->output_stride + o] =
          add_partial_sums(sums) + (product->bias ? product->bias[o] : 0);
    }
  }
}

static void gemv(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const void *weights,
                 CKFloatType type, ptrdiff_t weight_stride, ptrdiff_t outputs, ptrdiff_t count,
                 const float *bias, float *output, ptrdiff_t output_stride) {
  FloatGemv product = {input, input_stride, weights, weight_stride,
                       count, bias,         output,  output_stride};
  multiply_rows(&product, rows, type, outputs);
}

void ck_fill_gemv(CKKernels *kernels) { kernels->gemv = gemv; }
