// output[r, o] (+)= Σ_k input[r, k] · panels[k, o] (+ bias[o])
#include "float/gemm.h"

#include "common/fill.h"
#include "include/panels.h"

static void multiply_panels(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                            ptrdiff_t outputs, const FloatGemm *product, float *output) {
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const float *panel = product->panels + first / CK_PANEL * product->panel_stride;
    ptrdiff_t width = outputs - first < CK_PANEL ? outputs - first : CK_PANEL;
    for (ptrdiff_t r = 0; r < rows; r++) {
      float sums[CK_PANEL] = {0};
      for (ptrdiff_t k = 0; k < product->count; k++) {
        float x = input[r * input_stride + k];
        for (ptrdiff_t o = 0; o < CK_PANEL; o++) sums[o] += x * panel[k * CK_PANEL + o];
      }
      float *out = output + r * product->output_stride + first;
      for (ptrdiff_t o = 0; o < width; o++) {
        float start = product->accumulate ? out[o] : product->bias ? product->bias[first + o] : 0;
        out[o] = start + sums[o];
      }
    }
  }
}

static void gemm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const float *panels,
                 ptrdiff_t panel_stride, ptrdiff_t outputs, ptrdiff_t count, const float *bias,
                 bool accumulate, float *output, ptrdiff_t output_stride) {
  FloatGemm product = {panels, panel_stride, count, bias, accumulate, output_stride};
  multiply_panels(input, input_stride, rows, outputs, &product, output);
}

void ck_fill_gemm(CKKernels *kernels) { kernels->gemm = gemm; }
