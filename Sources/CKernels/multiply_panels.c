/* output[r, o] (+)= Σ_k input[r, k] · panels[k, o] (+ bias[o]) */
#include "include/float_products.h"
#include "internal.h"

static void multiply_panels_scalar(const float *input, ptrdiff_t inputStride, ptrdiff_t rows,
                                   const float *panels, ptrdiff_t panelStride, ptrdiff_t outputs,
                                   ptrdiff_t count, const float *bias, bool accumulate,
                                   float *output, ptrdiff_t outputStride) {
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const float *panel = panels + first / CK_PANEL * panelStride;
    ptrdiff_t width = outputs - first < CK_PANEL ? outputs - first : CK_PANEL;
    for (ptrdiff_t r = 0; r < rows; r++) {
      float sums[CK_PANEL] = {0};
      for (ptrdiff_t k = 0; k < count; k++) {
        float x = input[r * inputStride + k];
        for (ptrdiff_t o = 0; o < CK_PANEL; o++) sums[o] += x * panel[k * CK_PANEL + o];
      }
      float *out = output + r * outputStride + first;
      for (ptrdiff_t o = 0; o < width; o++) {
        float start = accumulate ? out[o] : bias ? bias[first + o] : 0;
        out[o] = start + sums[o];
      }
    }
  }
}

void ck_multiply_panels(const float *input, ptrdiff_t inputStride, ptrdiff_t rows,
                        const float *panels, ptrdiff_t panelStride, ptrdiff_t outputs,
                        ptrdiff_t count, const float *bias, bool accumulate, float *output,
                        ptrdiff_t outputStride, CKInstructionSet set) {
  (void)set;
  multiply_panels_scalar(input, inputStride, rows, panels, panelStride, outputs, count, bias,
                         accumulate, output, outputStride);
}
