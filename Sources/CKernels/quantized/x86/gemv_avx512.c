// Products of few rows with quantised weights, AVX-512: decoding. Every weight is read once for up
// to eight rows.
//
// Roofline, Cascade Lake: a 4-bit block arrives every 210 cycles. Unpacking and products take 40
// cycles for one row and 168 for eight, so memory binds. (benchmarks/notes/quantized-gemv.md)
#include "common/x86/fill.h"
#include "quantized/x86/multiply_avx512.h"

#if CK_X86

enum {
  MOST_ROWS = 8,
  // How far ahead of its use a line is prefetched.
  PREFETCH_BYTES = 16384,
};

// total[r] = 16 outputs of one panel for the `rows` rows of `input`.
//
// Even and odd halves of a pair of code vectors have sums of their own, so that one row's chain of
// dependent products is half as long.
CK_AVX512 CK_INLINE void multiply_panel(CKQuantizedRows input, const int rows, const char *block,
                                        const int bits, __m512 *total) {
  const __m512i low = _mm512_set1_epi8(15);
  const int8_t *codes = input.codes;
  for (int r = 0; r < rows; r++) total[r] = _mm512_setzero_ps();
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    __m512i even_sum[MOST_ROWS], odd_sum[MOST_ROWS];
    for (int r = 0; r < rows; r++) even_sum[r] = odd_sum[r] = _mm512_setzero_si512();
    for (int i = 0; i < CK_GROUP_INPUTS; i += 8) {
      __m512i even = _mm512_load_si512(block), odd;
      _mm_prefetch(block + PREFETCH_BYTES, _MM_HINT_T0);
      if (bits == 4) {
        odd = _mm512_and_si512(_mm512_srli_epi16(even, 4), low);
        even = _mm512_and_si512(even, low);
        block += 64;
      } else {
        odd = _mm512_load_si512(block + 64);
        _mm_prefetch(block + 64 + PREFETCH_BYTES, _MM_HINT_T0);
        block += 128;
      }
      for (int r = 0; r < rows; r++) {
        int32_t fours[2];
        memcpy(fours, codes + r * CK_GROUP_INPUTS + i, sizeof fours);
        even_sum[r] = _mm512_dpbusd_epi32(even_sum[r], even, _mm512_set1_epi32(fours[0]));
        odd_sum[r] = _mm512_dpbusd_epi32(odd_sum[r], odd, _mm512_set1_epi32(fours[1]));
      }
    }
    __m512 scale, zero;
    load_constants_avx512(block, bits, &scale, &zero);
    _mm_prefetch(block + PREFETCH_BYTES, _MM_HINT_T0);
    block += 64;
    ptrdiff_t item = group * input.rows;
    for (int r = 0; r < rows; r++)
      total[r] = add_group_avx512(total[r], _mm512_add_epi32(even_sum[r], odd_sum[r]), scale, zero,
                                  input.scales[item + r], input.sums[item + r]);
    codes += input.rows * CK_GROUP_INPUTS;
  }
}

CK_AVX512 CK_INLINE void multiply_panels(CKQuantizedRows input, const int rows, const char *panel,
                                         const int bits, CKQuantizedOutput output) {
  for (ptrdiff_t first = 0; first < output.count; first += CK_PANEL_OUTPUTS) {
    __m512 total[MOST_ROWS];
    multiply_panel(input, rows, panel, bits, total);
    for (int r = 0; r < rows; r++) store_panel_avx512(total[r], output, r, first);
    panel += input.groups * block_bytes(bits);
  }
}

#define CASE_ROWS(count)                                                                           \
  case count:                                                                                      \
    if (weights.bits == 4)                                                                         \
      multiply_panels(input, count, weights.panels, 4, output);                                    \
    else                                                                                           \
      multiply_panels(input, count, weights.panels, 8, output);                                    \
    break;

CK_AVX512 static void gemv(CKQuantizedRows input, CKQuantizedPanels weights,
                           CKQuantizedOutput output) {
  switch (input.rows) {
    CASE_ROWS(1)
    CASE_ROWS(2)
    CASE_ROWS(3)
    CASE_ROWS(4)
    CASE_ROWS(5)
    CASE_ROWS(6)
    CASE_ROWS(7)
    CASE_ROWS(8)
  }
}

void ck_fill_quantized_gemv_avx512(CKKernels *kernels) { kernels->quantized_gemv = gemv; }

#endif
