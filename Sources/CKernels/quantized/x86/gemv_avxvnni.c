// Products of few rows with quantised weights, AVX-VNNI: decoding on client processors without
// AVX-512. As gemv_avx2.c, but a product is one instruction with four inputs instead of four with
// eight.
//
// Roofline: a 4-bit block takes eight rows 320 cycles (512 dot instructions, with the latency of
// each sum), 13 GB/s a core at 4 GHz; one row 80. Counted with llvm-mca for Alder Lake, not timed.
#include "common/x86/fill.h"
#include "quantized/x86/multiply_avx2.h"

#if CK_X86

#define TARGET CK_AVXVNNI
enum { MICROTILE_ROWS = 4, PREFETCH_BYTES = 1024, ZERO_8 = 128 };

// sum[r][h] = Σ code · activation of one group of 4 bits, 8 outputs for each half h of a panel.
//
// One or two rows have too few sums for the latency of their products, five cycles: even and odd
// fours of inputs have sums of their own.
CK_AVXVNNI CK_INLINE void sum_group_4(const char *block, const int8_t *codes, const int rows,
                                      __m256i sum[MICROTILE_ROWS][2]) {
  const __m256i low = _mm256_set1_epi8(15);
  const int chains = rows <= 2 ? 2 : 1;
  __m256i parts[2][MICROTILE_ROWS][2];
  for (int c = 0; c < chains; c++)
    for (int r = 0; r < rows; r++) parts[c][r][0] = parts[c][r][1] = _mm256_setzero_si256();
  for (int i = 0; i < CK_GROUP_INPUTS; i += 8) {
    _mm_prefetch(block + i * 8 + PREFETCH_BYTES, _MM_HINT_T0);
    __m256i fours[2][2];
    for (int h = 0; h < 2; h++) {
      __m256i both = _mm256_load_si256((const __m256i *)(block + i * 8 + 32 * h));
      fours[0][h] = _mm256_and_si256(both, low);
      fours[1][h] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
    }
    for (int r = 0; r < rows; r++)
      for (int odd = 0; odd < 2; odd++) {
        __m256i x = broadcast_four(codes + r * CK_GROUP_INPUTS + i + 4 * odd);
        __m256i *part = parts[odd % chains][r];
        for (int h = 0; h < 2; h++) part[h] = _mm256_dpbusd_avx_epi32(part[h], fours[odd][h], x);
      }
  }
  for (int r = 0; r < rows; r++)
    for (int h = 0; h < 2; h++) {
      sum[r][h] = parts[0][r][h];
      if (chains == 2) sum[r][h] = _mm256_add_epi32(sum[r][h], parts[1][r][h]);
    }
}

// The same for 8 bits.
CK_AVXVNNI CK_INLINE void sum_group_8(const char *block, const int8_t *codes, const int rows,
                                      __m256i sum[MICROTILE_ROWS][2]) {
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
  for (int i = 0; i < CK_GROUP_INPUTS; i += 4) {
    _mm_prefetch(block + i * 16 + PREFETCH_BYTES, _MM_HINT_T0);
    const __m256i *fours = (const __m256i *)(block + i * 16);
    for (int r = 0; r < rows; r++) {
      __m256i four = broadcast_four(codes + r * CK_GROUP_INPUTS + i);
      for (int h = 0; h < 2; h++)
        sum[r][h] = _mm256_dpbusd_avx_epi32(sum[r][h], _mm256_load_si256(fours + h), four);
    }
  }
}

#include "quantized/x86/gemv.h"

void ck_fill_quantized_gemv_avxvnni(CKKernels *kernels) { kernels->quantized_gemv = gemv; }

#endif
