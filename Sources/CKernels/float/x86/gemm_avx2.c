// output[r, o] (+)= Σ_k input[r, k] · panels[k, o] (+ bias[o]) with AVX2.
//
// A microtile is up to 6 rows by 1 panel: 12 sums in 16 registers. Its inputs are copied to L1 once
// for all panels; weights come from L2.
//
// Roofline. One k of a microtile of 6 rows takes 20 instructions, 12 of them multiply-adds on two
// units, so arithmetic binds; a busy neighbour on the core makes it the number of instructions.
// (benchmarks/notes/float.md)
#include "common/x86/fill.h"
#include "float/x86/gemm.h"

#if CK_X86

// The first `width` results of each row of a microtile.
CK_AVX2 static void store_part_avx2(__m256 sums[6][2], const FloatGemm *product, ptrdiff_t first,
                                    ptrdiff_t width, float *output, int rows) {
  for (int r = 0; r < rows; r++) {
    float *out = output + r * product->output_stride;
    float totals[CK_PANEL];
    _mm256_storeu_ps(totals, sums[r][0]);
    _mm256_storeu_ps(totals + 8, sums[r][1]);
    for (ptrdiff_t o = 0; o < width; o++) {
      float start = product->accumulate ? out[o] : product->bias ? product->bias[first + o] : 0;
      out[o] = start + totals[o];
    }
  }
}

// A microtile of at most 6 rows and a panel. The loop is unrolled and prefetches no weights,
// because every other instruction counts where the core's other thread is busy.
CK_AVX2 CK_INLINE void microtile_avx2(const float *copy, const float *panel,
                                      const FloatGemm *product, ptrdiff_t first, ptrdiff_t width,
                                      float *output, const int rows) {
  __m256 sums[6][2];
  for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
#pragma clang loop unroll_count(8)
  for (ptrdiff_t k = 0; k < product->count; k++) {
    __m256 low = _mm256_load_ps(panel + k * CK_PANEL);
    __m256 high = _mm256_load_ps(panel + k * CK_PANEL + 8);
    for (int r = 0; r < rows; r++) {
      __m256 x = _mm256_broadcast_ss(copy + r * COPY_STRIDE + k);
      sums[r][0] = _mm256_fmadd_ps(x, low, sums[r][0]);
      sums[r][1] = _mm256_fmadd_ps(x, high, sums[r][1]);
    }
  }
  if (width < CK_PANEL) return store_part_avx2(sums, product, first, width, output, rows);
  for (int r = 0; r < rows; r++) {
    for (int h = 0; h < 2; h++) {
      float *out = output + r * product->output_stride + 8 * h;
      __m256 start = _mm256_setzero_ps();
      if (product->accumulate)
        start = _mm256_loadu_ps(out);
      else if (product->bias)
        start = _mm256_loadu_ps(product->bias + first + 8 * h);
      _mm256_storeu_ps(out, _mm256_add_ps(start, sums[r][h]));
    }
  }
}

#define ROWS_AVX2(R)                                                                               \
  CK_AVX2 static void rows##R##_avx2(MicrotileInputs inputs, ptrdiff_t outputs,                    \
                                     const FloatGemm *product, float *output) {                    \
    const ptrdiff_t share = share_of_row(product, outputs, 1);                                     \
    for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL, inputs.next += share) {          \
      const float *panel = product->panels + first / CK_PANEL * product->panel_stride;             \
      for (int row = 0; row < R; row++) {                                                          \
        prefetch_row(inputs, share, output + first, product->output_stride, row, 1);               \
      }                                                                                            \
      microtile_avx2(inputs.copy, panel, product, first, outputs - first, output + first, R);      \
    }                                                                                              \
  }
ROWS_AVX2(1)
ROWS_AVX2(2)
ROWS_AVX2(3)
ROWS_AVX2(4)
ROWS_AVX2(5)
ROWS_AVX2(6)

static const RowsProduct products_avx2[] = {rows1_avx2, rows2_avx2, rows3_avx2,
                                            rows4_avx2, rows5_avx2, rows6_avx2};

static void gemm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const float *panels,
                 ptrdiff_t panel_stride, ptrdiff_t outputs, ptrdiff_t count, const float *bias,
                 bool accumulate, float *output, ptrdiff_t output_stride) {
  FloatGemm product = {panels, panel_stride, count, bias, accumulate, output_stride};
  multiply_microtiles(input, input_stride, rows, outputs, &product, output, products_avx2, 6);
}

void ck_fill_gemm_avx2(CKKernels *kernels) { kernels->gemm = gemm; }

#endif
