// Row-major weights to float32 panels [count][16].
#include "float/pack_panels.h"

#include "common/fill.h"

static void pack_panels(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                        ptrdiff_t count, float *panels, ptrdiff_t panel_stride) {
  const ptrdiff_t element_bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const char *source = (const char *)weights + first * stride * element_bytes;
    float *panel = panels + first / CK_PANEL * panel_stride;
    pack_panel_scalar(source, type, stride, outputs - first, 0, count, panel);
  }
}

void ck_fill_pack_panels(CKKernels *kernels) { kernels->pack_panels = pack_panels; }
