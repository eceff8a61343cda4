// Products of many rows with quantised weights, AVX2 without VNNI. A microtile of 6 rows × 16
// outputs holds 12 sums, two vectors of codes, one of activations and one product.
//
// Four bits: vpmaddubsw adds pairs of u8 × s8 products in int16. A pair is at most 2 · 15 · 127 =
// 3810, so eight fit before they are widened. Eight bits: codes less 128 and activations are int16,
// and vpmaddwd adds pairs of products in int32.
//
// Roofline, Zen 3: at most 57 multiply-adds a cycle with four bits and 32 with eight; whole
// products reach 34 to 37 and 21 to 22. (benchmarks/notes/quantized-gemm.md)
//
// The compiler must not reorder the additions: it would add the products of several steps first and
// spill half of the sums. Nor may a loop have eight steps, whose end Zen 3 mispredicts.
#include "common/x86/fill.h"
#include "quantized/x86/multiply_avx2.h"

#if CK_X86

#define TARGET CK_AVX2
enum {
  MICROTILE_ROWS = 6,
  MICROTILE_PANELS = 4,
  BAND_ROWS = 44 * MICROTILE_ROWS,
  // Half of Zen 3's L2 cache.
  BAND_BYTES = 256 << 10,
};

// One group of four panels: codes of 4 bits as bytes [32][16][4], of 8 bits, less 128, as int16
// [64][16][2].
typedef struct {
  _Alignas(64) char codes[MICROTILE_PANELS][CK_GROUP_INPUTS * CK_PANEL_OUTPUTS * sizeof(int16_t)];
  __m256 scale[MICROTILE_PANELS][2], zero[MICROTILE_PANELS][2];
} GroupWeights;

CK_AVX2 CK_INLINE void unpack_codes_8(const char *block, char *codes) {
  const __m256i sign = _mm256_set1_epi8((char)0x80);
  // Of each output's four inputs the first two, of eight outputs, then the last two.
  const __m256i order = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15,  //
                                         0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
  for (int v = 0; v < 64; v++, block += 32) {
    __m256i fours = _mm256_xor_si256(_mm256_load_si256((const __m256i *)block), sign);
    __m256i pairs = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(fours, order), 0xd8);
    __m256i *target = (__m256i *)(codes + v / 2 * 128 + v % 2 * 32);
    _mm256_store_si256(target, _mm256_cvtepi8_epi16(_mm256_castsi256_si128(pairs)));
    _mm256_store_si256(target + 2, _mm256_cvtepi8_epi16(_mm256_extracti128_si256(pairs, 1)));
  }
}

CK_AVX2 CK_INLINE void load_weights(const char *block, ptrdiff_t panel_bytes, const int bits,
                                    const int panels, GroupWeights *into) {
  for (int p = 0; p < panels; p++, block += panel_bytes) {
    if (bits == 4)
      unpack_codes_4(block, into->codes[p]);
    else
      unpack_codes_8(block, into->codes[p]);
    for (int h = 0; h < 2; h++)
      load_constants_avx2(block, bits, h, 0, &into->scale[p][h], &into->zero[p][h]);
  }
}

// sum[r][h] = Σ code · activation of one group: codes of 4 bits as bytes, activations [6][128].
CK_AVX2 CK_INLINE void sum_group_4(const int8_t *rows, const char *codes,
                                   __m256i sum[MICROTILE_ROWS][2]) {
  const __m256i one = _mm256_set1_epi16(1);
  for (int r = 0; r < MICROTILE_ROWS; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
#pragma clang loop unroll(disable)
  for (int start = 0; start < CK_GROUP_INPUTS; start += 32) {
    __m256i pairs[MICROTILE_ROWS][2];
    for (int r = 0; r < MICROTILE_ROWS; r++) pairs[r][0] = pairs[r][1] = _mm256_setzero_si256();
#pragma clang loop unroll(full)
    for (int i = start; i < start + 32; i += 4) {
      const __m256i *fours = (const __m256i *)(codes + i * CK_PANEL_OUTPUTS);
      __m256i low = _mm256_load_si256(fours), high = _mm256_load_si256(fours + 1);
      for (int r = 0; r < MICROTILE_ROWS; r++) {
        __m256i x = broadcast_four(rows + r * CK_GROUP_INPUTS + i);
        pairs[r][0] = _mm256_add_epi16(pairs[r][0], _mm256_maddubs_epi16(low, x));
        pairs[r][1] = _mm256_add_epi16(pairs[r][1], _mm256_maddubs_epi16(high, x));
        // As KEEP_ORDER; and the next row is loaded after it, since no register is free before.
        __asm__("" : "+x"(pairs[r][0]), "+x"(pairs[r][1]) : : "memory");
      }
    }
    for (int r = 0; r < MICROTILE_ROWS; r++)
      for (int h = 0; h < 2; h++)
        sum[r][h] = _mm256_add_epi32(sum[r][h], _mm256_madd_epi16(pairs[r][h], one));
  }
}

// The same of codes of 8 bits less 128: codes and activations as int16.
CK_AVX2 CK_INLINE void sum_group_8(const int16_t *rows, const char *codes,
                                   __m256i sum[MICROTILE_ROWS][2]) {
  for (int r = 0; r < MICROTILE_ROWS; r++) sum[r][0] = sum[r][1] = _mm256_setzero_si256();
#pragma clang loop unroll_count(2)
  for (int i = 0; i < CK_GROUP_INPUTS; i += 2) {
    const __m256i *twos = (const __m256i *)(codes + i * CK_PANEL_OUTPUTS * 2);
    __m256i low = _mm256_load_si256(twos), high = _mm256_load_si256(twos + 1);
    for (int r = 0; r < MICROTILE_ROWS; r++) {
      __m256i x = broadcast_four(rows + r * CK_GROUP_INPUTS + i);
      sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(low, x));
      sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(high, x));
      KEEP_ORDER(sum[r][0]);
      KEEP_ORDER(sum[r][1]);
    }
  }
}

// Adds one group's terms to the totals [6 rows][4 panels][16] of `panels` panels.
CK_AVX2 CK_INLINE void gemm_microtile(GroupRows rows, const GroupWeights *weights, float *total,
                                      const int bits, const int panels) {
  _Alignas(32) int16_t wide[MICROTILE_ROWS * CK_GROUP_INPUTS];
  for (int i = 0; bits == 8 && i < MICROTILE_ROWS * CK_GROUP_INPUTS; i += 16) {
    __m128i codes = _mm_loadu_si128((const __m128i *)(rows.codes + i));
    _mm256_store_si256((__m256i *)(wide + i), _mm256_cvtepi8_epi16(codes));
  }
  for (int p = 0; p < panels; p++) {
    __m256i sum[MICROTILE_ROWS][2];
    if (bits == 4)
      sum_group_4(rows.codes, weights->codes[p], sum);
    else
      sum_group_8(wide, weights->codes[p], sum);
    for (int r = 0; r < MICROTILE_ROWS; r++)
      add_panel_avx2(total + (r * MICROTILE_PANELS + p) * CK_PANEL_OUTPUTS, sum[r],
                     weights->scale[p], weights->zero[p], rows.scales[r], rows.sums[r]);
  }
}

#include "quantized/x86/gemm.h"

void ck_fill_quantized_gemm_avx2(CKKernels *kernels) { kernels->quantized_gemm = gemm; }

#endif
