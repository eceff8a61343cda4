/* Row-major weights to float32 panels [count][16].

   Roofline. 16 × 16 weights take 64 shuffles on one unit: a quarter of a cycle each, while n rows
   use a weight for n / 32 cycles; from 9 rows on the weights' way from memory (2 bytes each, 5.6
   bytes a cycle and core) costs more than this. */
#include "float_convert.h"
#include "include/float_products.h"
#include "vector_avx512.h"

/* One panel of at most 16 outputs, from input `k` on. */
static void pack_panel_scalar(const void *weights, CKFloatType type, ptrdiff_t stride,
                              ptrdiff_t outputs, ptrdiff_t k, ptrdiff_t count, float *panel) {
  for (; k < count; k++) {
    for (ptrdiff_t o = 0; o < CK_PANEL; o++) {
      panel[k * CK_PANEL + o] = o < outputs ? load_float(weights, type, o * stride + k) : 0;
    }
  }
}

#if CK_X86

CK_AVX512VNNI CK_INLINE void pack_panel_type_avx512(const void *weights, CKFloatType type,
                                                    ptrdiff_t stride, ptrdiff_t outputs,
                                                    ptrdiff_t count, float *panel) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t k = 0; k < count; k += 16) {
    __mmask16 mask = lanes_avx512(count - k);
    __m512 rows[16];
    for (int o = 0; o < 16; o++) {
      rows[o] = load_avx512(weights, type, o * stride + k, o < outputs ? mask : 0);
      _mm_prefetch((const char *)weights + ((o + CK_PANEL) * stride + k) * bytes, _MM_HINT_T0);
    }
    transpose_avx512(rows);
    ptrdiff_t inputs = count - k < 16 ? count - k : 16;
    for (ptrdiff_t i = 0; i < inputs; i++) {
      _mm512_store_ps(panel + (k + i) * CK_PANEL, rows[i]);
    }
  }
}

CK_AVX512VNNI static void pack_panel_avx512(const void *weights, CKFloatType type,
                                            ptrdiff_t stride, ptrdiff_t outputs, ptrdiff_t count,
                                            float *panel) {
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

#endif

void ck_pack_panels(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                    ptrdiff_t count, float *panels, ptrdiff_t panelStride, CKInstructionSet set) {
  const ptrdiff_t elementBytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const char *source = (const char *)weights + first * stride * elementBytes;
    float *panel = panels + first / CK_PANEL * panelStride;
#if CK_X86
    if (set == CKInstructionSetAVX512VNNI) {
      pack_panel_avx512(source, type, stride, outputs - first, count, panel);
      continue;
    }
#endif
    pack_panel_scalar(source, type, stride, outputs - first, 0, count, panel);
  }
}
