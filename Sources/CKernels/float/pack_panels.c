// Row-major weights to float32 panels [count][16].
//
// Roofline. 16 × 16 weights take 64 shuffles on one unit: a quarter of a cycle each, while n rows
// use a weight for n / 32 cycles; from 9 rows on the weights' way from memory (2 bytes each, 5.6
// bytes a cycle and core) costs more than this.
#include "common/float_convert.h"
#include "common/x86/vector_avx2.h"
#include "common/x86/vector_avx512.h"
#include "include/panels.h"

// Inputs `first..<count` of one panel of at most 16 outputs.
static void pack_panel_scalar(const void *weights, CKFloatType type, ptrdiff_t stride,
                              ptrdiff_t outputs, ptrdiff_t first, ptrdiff_t count, float *panel) {
  for (ptrdiff_t k = first; k < count; k++) {
    for (ptrdiff_t o = 0; o < CK_PANEL; o++) {
      panel[k * CK_PANEL + o] = o < outputs ? load_float(weights, type, o * stride + k) : 0;
    }
  }
}

#if CK_X86

CK_AVX512 CK_INLINE void pack_panel_type_avx512(const void *weights, CKFloatType type,
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

#endif

void ck_pack_panels(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                    ptrdiff_t count, float *panels, ptrdiff_t panel_stride, CKInstructionSet set) {
  const ptrdiff_t element_bytes = type == CKFloatType32 ? 4 : 2;
  for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL) {
    const char *source = (const char *)weights + first * stride * element_bytes;
    float *panel = panels + first / CK_PANEL * panel_stride;
#if CK_X86
    if (set == CKInstructionSetAVX512VNNI) {
      pack_panel_avx512(source, type, stride, outputs - first, count, panel);
      continue;
    }
    if (set >= CKInstructionSetAVX2) {
      pack_panel_avx2(source, type, stride, outputs - first, count, panel);
      continue;
    }
#endif
    pack_panel_scalar(source, type, stride, outputs - first, 0, count, panel);
  }
}
