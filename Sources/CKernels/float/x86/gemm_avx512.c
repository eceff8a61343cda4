// output[r, o] (+)= Σ_k input[r, k] · panels[k, o] (+ bias[o]) with AVX-512.
//
// A microtile is up to 14 rows by 2 panels: 28 sums. Its inputs are copied to L1 once for all
// panels; weights come from L2.
//
// Roofline. One k of a microtile of R rows takes 2·R multiply-adds (R cycles on two units) and R +
// 2 loads (R / 2 + 1 cycles), so arithmetic binds. (benchmarks/notes/float.md)
#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"
#include "float/x86/gemm.h"

#if CK_X86

// A microtile of `rows` rows and 1 or 2 panels; `width` outputs of it exist. Meanwhile its lines of
// results and `share` of each row of the next microtile are prefetched.
CK_AVX512 CK_INLINE void microtile_avx512(MicrotileInputs inputs, ptrdiff_t share,
                                          const float *panel, const FloatGemm *product,
                                          ptrdiff_t first, ptrdiff_t width, float *output,
                                          const int rows, const int panels) {
  __m512 sums[14][2];
  for (int r = 0; r < rows; r++) {
    for (int p = 0; p < panels; p++) sums[r][p] = _mm512_setzero_ps();
  }
  const float *second = panel + product->panel_stride;
  ptrdiff_t k = 0;
#pragma clang loop unroll(disable)
  for (int row = 0; row < rows; row++) {
    prefetch_row(inputs, share, output, product->output_stride, row, panels);
    const ptrdiff_t end = product->count * (row + 1) / rows;
#pragma clang loop unroll(disable)
    for (; k < end; k++) {
      __m512 weights[2];
      // From L2; without it the microtile waits (68 instead of 80 % of the peak, measured).
      _mm_prefetch((const char *)(panel + (k + 8) * CK_PANEL), _MM_HINT_T0);
      if (panels > 1) _mm_prefetch((const char *)(second + (k + 8) * CK_PANEL), _MM_HINT_T0);
      weights[0] = _mm512_load_ps(panel + k * CK_PANEL);
      if (panels > 1) weights[1] = _mm512_load_ps(second + k * CK_PANEL);
      for (int r = 0; r < rows; r++) {
        __m512 x = _mm512_set1_ps(inputs.copy[r * COPY_STRIDE + k]);
        for (int p = 0; p < panels; p++) sums[r][p] = _mm512_fmadd_ps(x, weights[p], sums[r][p]);
      }
    }
  }
  for (int p = 0; p < panels; p++) {
    __mmask16 mask = elements_avx512(width - p * CK_PANEL);
    __m512 bias = product->bias ? _mm512_maskz_loadu_ps(mask, product->bias + first + p * CK_PANEL)
                                : _mm512_setzero_ps();
    for (int r = 0; r < rows; r++) {
      float *out = output + r * product->output_stride + p * CK_PANEL;
      __m512 start = product->accumulate ? _mm512_maskz_loadu_ps(mask, out) : bias;
      _mm512_mask_storeu_ps(out, mask, _mm512_add_ps(start, sums[r][p]));
    }
  }
}

// One microtile of rows against all panels.
#define ROWS_AVX512(R)                                                                             \
  CK_AVX512 static void rows##R##_avx512(MicrotileInputs inputs, ptrdiff_t outputs,                \
                                         const FloatGemm *product, float *output) {                \
    const ptrdiff_t share = share_of_row(product, outputs, 2);                                     \
    for (ptrdiff_t first = 0; first < outputs; first += 2 * CK_PANEL, inputs.next += share) {      \
      const float *panel = product->panels + first / CK_PANEL * product->panel_stride;             \
      ptrdiff_t width = outputs - first;                                                           \
      if (width > CK_PANEL) {                                                                      \
        microtile_avx512(inputs, share, panel, product, first, width, output + first, R, 2);       \
      } else {                                                                                     \
        microtile_avx512(inputs, share, panel, product, first, width, output + first, R, 1);       \
      }                                                                                            \
    }                                                                                              \
  }
ROWS_AVX512(1)
ROWS_AVX512(2)
ROWS_AVX512(3)
ROWS_AVX512(4)
ROWS_AVX512(5)
ROWS_AVX512(6)
ROWS_AVX512(7)
ROWS_AVX512(8)
ROWS_AVX512(9)
ROWS_AVX512(10)
ROWS_AVX512(11)
ROWS_AVX512(12)
ROWS_AVX512(13)
ROWS_AVX512(14)

static const RowsProduct products_avx512[] = {
    rows1_avx512,  rows2_avx512,  rows3_avx512,  rows4_avx512, rows5_avx512,
    rows6_avx512,  rows7_avx512,  rows8_avx512,  rows9_avx512, rows10_avx512,
    rows11_avx512, rows12_avx512, rows13_avx512, rows14_avx512};

static void gemm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const float *panels,
                 ptrdiff_t panel_stride, ptrdiff_t outputs, ptrdiff_t count, const float *bias,
                 bool accumulate, float *output, ptrdiff_t output_stride) {
  FloatGemm product = {panels, panel_stride, count, bias, accumulate, output_stride};
  multiply_microtiles(input, input_stride, rows, outputs, &product, output, products_avx512, 14);
}

void ck_fill_gemm_avx512(CKKernels *kernels) { kernels->gemm = gemm; }

#endif
