// Products of many rows with quantised weights, AVX-VNNI: prompts and pictures on client processors
// without AVX-512. A microtile of 6 rows × 16 outputs holds 12 sums, two vectors of codes and one
// of activations.
//
// Roofline: four inputs of a microtile take 12 dot instructions, 6 cycles on two ports, and 8
// loads; a group's end takes 48 operations beside 384 dot instructions.
#include "common/x86/fill.h"
#include "quantized/x86/multiply_avx2.h"

#if CK_X86

#define TARGET CK_AVXVNNI
enum {
  MICROTILE_ROWS = 6,
  MICROTILE_PANELS = 4,
  BAND_ROWS = 44 * MICROTILE_ROWS,
  // Less than half of a client core's L2 cache (1.25 or 2 MB; small cores share one).
  BAND_BYTES = 512 << 10,
};

// One group of four panels: codes as bytes [32][64] for each panel, scales and zero points.
typedef struct {
  _Alignas(64) char bytes[MICROTILE_PANELS][CK_GROUP_INPUTS * CK_PANEL_OUTPUTS];
  // Where the codes are: in `bytes`, or with 8 bits in the block.
  const char *codes[MICROTILE_PANELS];
  __m256 scale[MICROTILE_PANELS][2], zero[MICROTILE_PANELS][2];
} GroupWeights;

CK_AVXVNNI CK_INLINE void load_weights(const char *block, ptrdiff_t panel_bytes, const int bits,
                                       const int panels, GroupWeights *into) {
  for (int p = 0; p < panels; p++, block += panel_bytes) {
    into->codes[p] = bits == 4 ? into->bytes[p] : block;
    if (bits == 4) unpack_codes_4(block, into->bytes[p]);
    for (int h = 0; h < 2; h++)
      load_constants_avx2(block, bits, h, 128, &into->scale[p][h], &into->zero[p][h]);
  }
}

// Adds one group's terms to the totals [6 rows][4 panels][16] of `panels` panels; codes of 4 bits
// are bytes by now.
CK_AVXVNNI CK_INLINE void gemm_microtile(GroupRows rows, const GroupWeights *weights, float *total,
                                         const int bits, const int panels) {
  (void)bits;
  for (int p = 0; p < panels; p++) {
    __m256i sum[MICROTILE_ROWS][2];
    for (int r = 0; r < MICROTILE_ROWS; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
    for (int i = 0; i < CK_GROUP_INPUTS; i += 4) {
      const __m256i *fours = (const __m256i *)(weights->codes[p] + i * CK_PANEL_OUTPUTS);
      __m256i low = _mm256_load_si256(fours), high = _mm256_load_si256(fours + 1);
      for (int r = 0; r < MICROTILE_ROWS; r++) {
        __m256i x = broadcast_four(rows.codes + r * CK_GROUP_INPUTS + i);
        sum[r][0] = _mm256_dpbusd_avx_epi32(sum[r][0], low, x);
        sum[r][1] = _mm256_dpbusd_avx_epi32(sum[r][1], high, x);
      }
    }
    for (int r = 0; r < MICROTILE_ROWS; r++)
      add_panel_avx2(total + (r * MICROTILE_PANELS + p) * CK_PANEL_OUTPUTS, sum[r],
                     weights->scale[p], weights->zero[p], rows.scales[r], rows.sums[r]);
  }
}

#include "quantized/x86/gemm.h"

void ck_fill_quantized_gemm_avxvnni(CKKernels *kernels) { kernels->quantized_gemm = gemm; }

#endif
