// Row-major weights to float32 panels with AVX2: 8 × 8 weights at a time.
#include "common/x86/fill.h"
#include "common/x86/vector_avx2.h"
#include "float/pack_panels.h"

#if CK_X86

// Whole panels, but for the last inputs.
CK_AVX2 CK_INLINE void pack_panel_type_avx2(const void *weights, CKFloatType type, ptrdiff_t stride,
                                            ptrdiff_t count, float *panel) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t k = 0; k + 8 <= count; k += 8) {
    for (ptrdiff_t o = 0; o < CK_PANEL; o += 8) {
      __m256 rows[8];
      for (int i = 0; i < 8; i++) {
        rows[i] = load_avx2(weights, type, (o + i) * stride + k);
        _mm_prefetch((const char *)weights + ((o + i + CK_PANEL) * stride + k) * bytes,
                     _MM_HINT_T0);
      }
      transpose_avx2(rows);
      for (int i = 0; i < 8; i++) _mm256_store_ps(panel + (k + i) * CK_PANEL + o, rows[i]);
    }
  }
}

CK_AVX2 static void pack_panel_avx2(const void *weights, CKFloatType type, ptrdiff_t stride,
                                    ptrdiff_t outputs, ptrdiff_t count, float *panel) {
  ptrdiff_t packed = outputs < CK_PANEL ? 0 : count & ~(ptrdiff_t)7;
  switch (type) {
  case CKFloatType32: pack_panel_type_avx2(weights, CKFloatType32, stride, packed, panel); break;
  case CKFloatType16: pack_panel_type_avx2(weights, CKFloatType16, stride, packed, panel); break;
  case CKFloatTypeBrain16:
    pack_panel_type_avx2(weights, CKFloatTypeBrain16, stride, packed, panel);
    break;
  }
  pack_panel_scalar(weights, type, stride, outputs, packed, count, panel);
}

static void pack_panels(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                        ptrdiff_t count, float *panels, ptrdiff_t panel_stride) {
  const ptrdiff_t element_bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const char *source = (const char *)weights + first * stride * element_bytes;
    float *panel = panels + first / CK_PANEL * panel_stride;
    pack_panel_avx2(source, type, stride, outputs - first, count, panel);
  }
}

void ck_fill_pack_panels_avx2(CKKernels *kernels) { kernels->pack_panels = pack_panels; }

#endif
