// Products of few rows with quantised weights, AVX2: decoding.
//
// A microtile is up to 4 rows × 16 outputs; further rows read the panel again from L1 or L2. Four
// bits: vpmaddubsw adds pairs of u8 × s8 products in int16, of which eight fit before they are
// widened. Eight bits: |weight| as u8 times activations with its sign.
//
// Memory is read in its order, a prefetched line at every step, in two streams for one row.
// Roofline, Zen 3: a 4-bit block arrives every 280 cycles; one row takes 62, four rows 176, eight
// 352, so eight have a kernel of their own (strip_avx2.c). 8 bits: 592 cycles for eight rows,
// memory 540. (benchmarks/notes/quantized-gemv.md)
#include "common/x86/fill.h"
#include "quantized/x86/multiply_avx2.h"

#if CK_X86

#define TARGET CK_AVX2
enum { MICROTILE_ROWS = 4, PREFETCH_BYTES = 1024, ZERO_8 = 0 };

// sum[r][h] = Σ code · activation of one group of 4 bits, 8 outputs for each half h of a panel.
CK_AVX2 CK_INLINE void sum_group_4(const char *block, const int8_t *codes, const int rows,
                                   __m256i sum[MICROTILE_ROWS][2]) {
  const __m256i low = _mm256_set1_epi8(15), one = _mm256_set1_epi16(1);
#pragma clang loop unroll(disable)
  for (int start = 0; start < CK_GROUP_INPUTS; start += 32) {
    __m256i pairs[MICROTILE_ROWS][2];
    for (int r = 0; r < rows; r++) pairs[r][0] = pairs[r][1] = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int i = start; i < start + 32; i += 8) {
      _mm_prefetch(block + i * 8 + PREFETCH_BYTES, _MM_HINT_T0);
      __m256i even[2], odd[2];
      for (int h = 0; h < 2; h++) {
        __m256i both = _mm256_load_si256((const __m256i *)(block + i * 8 + 32 * h));
        even[h] = _mm256_and_si256(both, low);
        odd[h] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
      }
      for (int r = 0; r < rows; r++) {
        __m256i four = broadcast_four(codes + r * CK_GROUP_INPUTS + i);
        __m256i next = broadcast_four(codes + r * CK_GROUP_INPUTS + i + 4);
        for (int h = 0; h < 2; h++) {
          pairs[r][h] = _mm256_add_epi16(pairs[r][h], _mm256_maddubs_epi16(even[h], four));
          KEEP_ORDER(pairs[r][h]);
          pairs[r][h] = _mm256_add_epi16(pairs[r][h], _mm256_maddubs_epi16(odd[h], next));
          KEEP_ORDER(pairs[r][h]);
        }
      }
    }
    for (int r = 0; r < rows; r++)
      for (int h = 0; h < 2; h++) {
        __m256i wide = _mm256_madd_epi16(pairs[r][h], one);
        sum[r][h] = start == 0 ? wide : _mm256_add_epi32(sum[r][h], wide);
        // The registers are full: sums of several rows stay in memory.
        if (rows > 2) __asm__("" : "+m"(sum[r][h]));
      }
  }
}

// The same for 8 bits, but Σ (code − 128) · activation.
CK_AVX2 CK_INLINE void sum_group_8(const char *block, const int8_t *codes, const int rows,
                                   __m256i sum[MICROTILE_ROWS][2]) {
  const __m256i sign = _mm256_set1_epi8((char)0x80), one = _mm256_set1_epi16(1);
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
  for (int i = 0; i < CK_GROUP_INPUTS; i += 4) {
    _mm_prefetch(block + i * 16 + PREFETCH_BYTES, _MM_HINT_T0);
    for (int h = 0; h < 2; h++) {
      __m256i code = _mm256_load_si256((const __m256i *)(block + i * 16 + 32 * h));
      __m256i weight = _mm256_xor_si256(code, sign);
      __m256i magnitude = _mm256_abs_epi8(weight);
      for (int r = 0; r < rows; r++) {
        __m256i row = _mm256_sign_epi8(broadcast_four(codes + r * CK_GROUP_INPUTS + i), weight);
        __m256i pairs = _mm256_maddubs_epi16(magnitude, row);
        sum[r][h] = _mm256_add_epi32(sum[r][h], _mm256_madd_epi16(pairs, one));
      }
    }
  }
}

#include "quantized/x86/gemv.h"

CK_AVX2 static void gemv_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                              CKQuantizedOutput output) {
  if (input.rows == 8 && weights.bits == 4) return ck_multiply_strip_avx2(input, weights, output);
  gemv(input, weights, output);
}

void ck_fill_quantized_gemv_avx2(CKKernels *kernels) { kernels->quantized_gemv = gemv_avx2; }

#endif
