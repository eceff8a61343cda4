/* Row-major weights to float32 panels [count][16]. */
#include "float_convert.h"
#include "include/float_products.h"

static void pack_panels_scalar(const void *weights, CKFloatType type, ptrdiff_t stride,
                               ptrdiff_t outputs, ptrdiff_t count, float *panels,
                               ptrdiff_t panelStride) {
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    float *panel = panels + first / CK_PANEL * panelStride;
    for (ptrdiff_t k = 0; k < count; k++) {
      for (ptrdiff_t o = 0; o < CK_PANEL; o++) {
        panel[k * CK_PANEL + o] =
            first + o < outputs ? load_float(weights, type, (first + o) * stride + k) : 0;
      }
    }
  }
}

void ck_pack_panels(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                    ptrdiff_t count, float *panels, ptrdiff_t panelStride, CKInstructionSet set) {
  (void)set;
  pack_panels_scalar(weights, type, stride, outputs, count, panels, panelStride);
}
