// Row-major weights to float32 panels with AVX-512: 16 × 16 weights at a time.
//
// Roofline. 16 × 16 weights take 64 shuffles on one unit, a quarter of a cycle each, while n rows
// use a weight for n / 32 cycles. From 9 rows on, reading the weights from memory costs more than
// this.
#include "float/x86/pack_panels_avx512.h"

#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"
#include "include/panels.h"

#if CK_X86

CK_AVX512 CK_INLINE void pack_panel_type_avx512(const void *weights, CKFloatType type,
                                                ptrdiff_t stride, ptrdiff_t outputs,
                                                ptrdiff_t count, float *panel) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t k = 0; k < count; k += 16) {
    __mmask16 mask = elements_avx512(count - k);
    __m512 rows[16];
    for (int o = 0; o < 16; o++) {
      rows[o] = load_avx512(weights, type, o * stride + k, o < outputs ? mask : 0);
      _mm_prefetch((const char *)weights + ((o + CK_PANEL) * stride + k) * bytes, _MM_HINT_T0);
    }
    transpose_avx512(rows);
    ptrdiff_t inputs = count - k < 16 ? count - k : 16;
    for (ptrdiff_t i = 0; i < inputs; i++) { _mm512_store_ps(panel + (k + i) * CK_PANEL, rows[i]); }
  }
}

CK_AVX512 static void pack_panel_avx512(const void *weights, CKFloatType type, ptrdiff_t stride,
                                        ptrdiff_t outputs, ptrdiff_t count, float *panel) {
  switch (type) {
  case CKFloatType32:
    pack_panel_type_avx512(weights, CKFloatType32, stride, outputs, count, panel);
    return;
  case CKFloatType16:
    pack_panel_type_avx512(weights, CKFloatType16, stride, outputs, count, panel);
    return;
  case CKFloatTypeBrain16:
    pack_panel_type_avx512(weights, CKFloatTypeBrain16, stride, outputs, count, panel);
    return;
  }
}

void ck_pack_panels_avx512(const void *weights, CKFloatType type, ptrdiff_t stride,
                           ptrdiff_t outputs, ptrdiff_t count, float *panels,
                           ptrdiff_t panel_stride) {
  const ptrdiff_t element_bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const char *source = (const char *)weights + first * stride * element_bytes;
    float *panel = panels + first / CK_PANEL * panel_stride;
    pack_panel_avx512(source, type, stride, outputs - first, count, panel);
  }
}

void ck_fill_pack_panels_avx512(CKKernels *kernels) {
  kernels->pack_panels = ck_pack_panels_avx512;
}

#endif
