// output[r, o] (+)= Σ_k input[r, k] · panels[k, o] (+ bias[o])
//
// Roofline. One k of a tile of R rows and 32 outputs is 2·R vector multiply-adds (R cycles on two
// units) and R + 2 loads (R / 2 + 1 cycles), so the arithmetic binds; AVX2 does the same with tiles
// of 6 rows and 16 outputs. Of the loads, the R inputs come from a copy in L1 (R · 256 · 4 bytes)
// and the 128 bytes of weights from L2, which gives 64 bytes a cycle. The copy costs one load and
// store per 16 inputs and is used for all outputs of the call; results are read and written once
// per 256 inputs.
//
// Measured on Cascade Lake, one core, 1025 × 1024 → 2048: 98 % of the float32 peak from L1 and L2
// alone, 89 % with inputs and results in memory. Asking for all lines of a tile's results at once,
// and for inputs only when they are copied, gives 82 %: the lines fill the core's ten line buffers,
// and the products wait behind them. So a few lines are asked for at a time, between the products.
#include "common/internal.h"
#include "common/x86/vector_avx512.h"
#include "include/panels.h"

typedef struct {
  const float *panels;
  ptrdiff_t panel_stride;
  ptrdiff_t count;
  const float *bias;
  bool accumulate;
  ptrdiff_t output_stride;
} Product;

static void multiply_panels_scalar(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                                   ptrdiff_t outputs, const Product *product, float *output) {
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

#if CK_X86

// Copied rows are this many floats apart: a number of cache lines that is odd, so that the rows'
// lines do not fall into the same set of the L1 cache, as rows of 4096 bytes would.
#define COPY_STRIDE (CK_PANEL_INPUTS + 16)

// Copies the inputs of a tile's rows.
CK_INLINE void copy_inputs(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                           ptrdiff_t count, float *copy) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    memcpy(copy + r * COPY_STRIDE, input + r * input_stride, (size_t)count * sizeof(float));
  }
}

// A tile's inputs: its rows as they were copied, and the rows of the next tile.
typedef struct {
  const float *copy;
  const float *next;
  ptrdiff_t next_stride;
} TileInputs;

// Asks for row `row` of a tile's results, of `panels` panels, and for `share` of that row of the
// next tile.
CK_INLINE void ask_for_row(TileInputs inputs, ptrdiff_t share, const float *results,
                           ptrdiff_t stride, int row, const int panels) {
  for (int p = 0; p < panels; p++) {
    _mm_prefetch((const char *)(results + row * stride + p * CK_PANEL), _MM_HINT_T0);
  }
  for (ptrdiff_t i = 0; i < share; i += 16) {
    _mm_prefetch((const char *)(inputs.next + row * inputs.next_stride + i), _MM_HINT_T1);
  }
}

// How much of a row of the next tile is asked for with each of this one's `panels` panels.
CK_INLINE ptrdiff_t share_of_row(const Product *product, ptrdiff_t outputs, const int panels) {
  return (product->count * panels * CK_PANEL / outputs + 15) / 16 * 16;
}

// A tile of `rows` rows and 1 or 2 panels; `width` outputs of it exist. Meanwhile its lines of
// results and `share` of each row of the next tile are asked for.
CK_AVX512 CK_INLINE void tile_avx512(TileInputs inputs, ptrdiff_t share, const float *panel,
                                     const Product *product, ptrdiff_t first, ptrdiff_t width,
                                     float *output, const int rows, const int panels) {
  __m512 sums[14][2];
  for (int r = 0; r < rows; r++) {
    for (int p = 0; p < panels; p++) sums[r][p] = _mm512_setzero_ps();
  }
  const float *second = panel + product->panel_stride;
  ptrdiff_t k = 0;
#pragma clang loop unroll(disable)
  for (int row = 0; row < rows; row++) {
    ask_for_row(inputs, share, output, product->output_stride, row, panels);
    const ptrdiff_t end = product->count * (row + 1) / rows;
#pragma clang loop unroll(disable)
    for (; k < end; k++) {
      __m512 weights[2];
      // From L2; without it the tile waits (68 instead of 80 % of the peak, measured).
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
    __mmask16 mask = lanes_avx512(width - p * CK_PANEL);
    __m512 bias = product->bias ? _mm512_maskz_loadu_ps(mask, product->bias + first + p * CK_PANEL)
                                : _mm512_setzero_ps();
    for (int r = 0; r < rows; r++) {
      float *out = output + r * product->output_stride + p * CK_PANEL;
      __m512 start = product->accumulate ? _mm512_maskz_loadu_ps(mask, out) : bias;
      _mm512_mask_storeu_ps(out, mask, _mm512_add_ps(start, sums[r][p]));
    }
  }
}

// One tile of rows against all panels.
#define ROWS_AVX512(R)                                                                             \
  CK_AVX512 static void rows##R##_avx512(TileInputs inputs, ptrdiff_t outputs,                     \
                                         const Product *product, float *output) {                  \
    const ptrdiff_t share = share_of_row(product, outputs, 2);                                     \
    for (ptrdiff_t first = 0; first < outputs; first += 2 * CK_PANEL, inputs.next += share) {      \
      const float *panel = product->panels + first / CK_PANEL * product->panel_stride;             \
      ptrdiff_t width = outputs - first;                                                           \
      if (width > CK_PANEL) {                                                                      \
        tile_avx512(inputs, share, panel, product, first, width, output + first, R, 2);            \
      } else {                                                                                     \
        tile_avx512(inputs, share, panel, product, first, width, output + first, R, 1);            \
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

// The first `width` results of each row of a tile.
CK_AVX2 static void store_part_avx2(__m256 sums[6][2], const Product *product, ptrdiff_t first,
                                    ptrdiff_t width, float *output, int rows) {
  for (int r = 0; r < rows; r++) {
    float *out = output + r * product->output_stride;
    float tile[CK_PANEL];
    _mm256_storeu_ps(tile, sums[r][0]);
    _mm256_storeu_ps(tile + 8, sums[r][1]);
    for (ptrdiff_t o = 0; o < width; o++) {
      float start = product->accumulate ? out[o] : product->bias ? product->bias[first + o] : 0;
      out[o] = start + tile[o];
    }
  }
}

// The same for 16 outputs and at most 6 rows, 12 of the 16 registers of AVX2.
//
// An input costs 20 instructions, 12 of them multiply-adds on two units: 3.3 a cycle. Where the
// other hardware thread of a core is busy, Zen 3 takes up 3 to 3.6 a cycle instead of 6, so every
// other instruction counts: with the loop's own (4 an input, now of 8) and a line of weights asked
// for, 60 % of the peak instead of 80; where the core is ours, 92 % both.
CK_AVX2 CK_INLINE void tile_avx2(const float *copy, const float *panel, const Product *product,
                                 ptrdiff_t first, ptrdiff_t width, float *output, const int rows) {
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
  CK_AVX2 static void rows##R##_avx2(TileInputs inputs, ptrdiff_t outputs, const Product *product, \
                                     float *output) {                                              \
    const ptrdiff_t share = share_of_row(product, outputs, 1);                                     \
    for (ptrdiff_t first = 0; first < outputs; first += CK_PANEL, inputs.next += share) {          \
      const float *panel = product->panels + first / CK_PANEL * product->panel_stride;             \
      for (int row = 0; row < R; row++) {                                                          \
        ask_for_row(inputs, share, output + first, product->output_stride, row, 1);                \
      }                                                                                            \
      tile_avx2(inputs.copy, panel, product, first, outputs - first, output + first, R);           \
    }                                                                                              \
  }
ROWS_AVX2(1)
ROWS_AVX2(2)
ROWS_AVX2(3)
ROWS_AVX2(4)
ROWS_AVX2(5)
ROWS_AVX2(6)

// A product of a tile's copied rows with all panels.
typedef void (*RowsProduct)(TileInputs, ptrdiff_t, const Product *, float *);

// Divides the rows into tiles of about the same height, at most `most`; `products` are for tiles
// of 1, 2, … rows.
static void multiply_tiles(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                           ptrdiff_t outputs, const Product *product, float *output,
                           const RowsProduct *products, ptrdiff_t most) {
  _Alignas(64) float copy[14 * COPY_STRIDE];
  ptrdiff_t tiles = (rows + most - 1) / most;
  for (ptrdiff_t tile = 0; tile < tiles; tile++) {
    ptrdiff_t first = rows * tile / tiles, last = rows * (tile + 1) / tiles;
    copy_inputs(input + first * input_stride, input_stride, last - first, product->count, copy);
    TileInputs inputs = {copy, input + last * input_stride, input_stride};
    products[last - first - 1](inputs, outputs, product, output + first * product->output_stride);
  }
}

static const RowsProduct products_avx512[] = {
    rows1_avx512,  rows2_avx512,  rows3_avx512,  rows4_avx512, rows5_avx512,
    rows6_avx512,  rows7_avx512,  rows8_avx512,  rows9_avx512, rows10_avx512,
    rows11_avx512, rows12_avx512, rows13_avx512, rows14_avx512};

static const RowsProduct products_avx2[] = {rows1_avx2, rows2_avx2, rows3_avx2,
                                            rows4_avx2, rows5_avx2, rows6_avx2};

#endif

void ck_multiply_panels(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                        const float *panels, ptrdiff_t panel_stride, ptrdiff_t outputs,
                        ptrdiff_t count, const float *bias, bool accumulate, float *output,
                        ptrdiff_t output_stride, CKInstructionSet set) {
  Product product = {panels, panel_stride, count, bias, accumulate, output_stride};
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) {
    multiply_tiles(input, input_stride, rows, outputs, &product, output, products_avx512, 14);
    return;
  }
  if (set >= CKInstructionSetAVX2) {
    multiply_tiles(input, input_stride, rows, outputs, &product, output, products_avx2, 6);
    return;
  }
#endif
  (void)set;
  multiply_panels_scalar(input, input_stride, rows, outputs, &product, output);
}
