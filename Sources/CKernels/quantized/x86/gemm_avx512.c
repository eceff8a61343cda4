// Products of many rows with quantised weights, AVX-512 VNNI: prompts and pictures.
//
// A microtile of 6 rows × 64 outputs holds 24 sums, 4 vectors of codes and one of activations. A
// group's codes are 8 KB; a band of 264 rows × 64 outputs has 68 KB of float totals and up to 512
// KB of activations.
//
// Roofline: two dot instructions of 64 products a cycle. Four inputs of a microtile take 12 cycles;
// a group's end takes 48 after 384, which leaves 89 % of the peak; unpacking four bits takes 1 %.
// (benchmarks/notes/quantized-gemm.md)
#include "common/x86/fill.h"
#include "quantized/x86/multiply_avx512.h"

#if CK_X86

#define TARGET CK_AVX512
enum {
  MICROTILE_ROWS = 6,
  MICROTILE_PANELS = 4,
  BAND_ROWS = 44 * MICROTILE_ROWS,
  // Half of a server core's L2 cache.
  BAND_BYTES = 512 << 10,
};

// One group of four panels: codes as bytes [32][64] for each panel, scales and zero points.
typedef struct {
  _Alignas(64) uint8_t bytes[MICROTILE_PANELS][CK_GROUP_INPUTS * CK_PANEL_OUTPUTS];
  // Where the codes are: in `bytes`, or with 8 bits in the block.
  const uint8_t *codes[MICROTILE_PANELS];
  __m512 scale[MICROTILE_PANELS], zero[MICROTILE_PANELS];
} GroupWeights;

// Four-bit codes of a block as bytes [32][64].
CK_AVX512 CK_INLINE void unpack_codes(const char *block, uint8_t *codes) {
  const __m512i low = _mm512_set1_epi8(15);
  for (int v = 0; v < 16; v++) {
    __m512i pair = _mm512_load_si512(block + 64 * v);
    _mm512_store_si512(codes + 128 * v, _mm512_and_si512(pair, low));
    _mm512_store_si512(codes + 128 * v + 64, _mm512_and_si512(_mm512_srli_epi16(pair, 4), low));
  }
}

CK_AVX512 CK_INLINE void load_weights(const char *block, ptrdiff_t panel_bytes, const int bits,
                                      const int panels, GroupWeights *into) {
  for (int p = 0; p < panels; p++, block += panel_bytes) {
    into->codes[p] = bits == 4 ? into->bytes[p] : (const uint8_t *)block;
    if (bits == 4) unpack_codes(block, into->bytes[p]);
    load_constants_avx512(block + block_bytes(bits) - 64, bits, &into->scale[p], &into->zero[p]);
  }
}

// Adds one group's terms to the totals [6 rows][4 panels][16] of `panels` panels; codes of 4 bits
// are bytes by now.
CK_AVX512 CK_INLINE void gemm_microtile(GroupRows rows, const GroupWeights *weights, float *total,
                                        const int bits, const int panels) {
  (void)bits;
  __m512i sum[MICROTILE_ROWS][MICROTILE_PANELS];
  for (int r = 0; r < MICROTILE_ROWS; r++)
    for (int p = 0; p < panels; p++) sum[r][p] = _mm512_setzero_si512();
  for (int i = 0; i < CK_GROUP_INPUTS; i += 4) {
    __m512i codes[MICROTILE_PANELS];
    for (int p = 0; p < panels; p++)
      codes[p] = _mm512_load_si512(weights->codes[p] + i * CK_PANEL_OUTPUTS);
    for (int r = 0; r < MICROTILE_ROWS; r++) {
      int32_t four;
      memcpy(&four, rows.codes + r * CK_GROUP_INPUTS + i, sizeof four);
      __m512i activations = _mm512_set1_epi32(four);
      for (int p = 0; p < panels; p++)
        sum[r][p] = _mm512_dpbusd_epi32(sum[r][p], codes[p], activations);
    }
  }
  for (int p = 0; p < panels; p++) {
    for (int r = 0; r < MICROTILE_ROWS; r++) {
      float *target = total + (r * MICROTILE_PANELS + p) * CK_PANEL_OUTPUTS;
      __m512 value = add_group_avx512(_mm512_load_ps(target), sum[r][p], weights->scale[p],
                                      weights->zero[p], rows.scales[r], rows.sums[r]);
      _mm512_store_ps(target, value);
    }
  }
}

CK_AVX512 CK_INLINE void store_panel(const float *totals, CKQuantizedOutput output, ptrdiff_t row,
                                     ptrdiff_t first) {
  store_panel_avx512(_mm512_load_ps(totals), output, row, first);
}

#include "quantized/x86/gemm.h"

void ck_fill_quantized_gemm_avx512(CKKernels *kernels) { kernels->quantized_gemm = gemm; }

#endif
