#include "multiply_quantized.h"

// Without VNNI: pairs of u8 × s8 products are added to 16 bits (vpmaddubsw), pairs of those to 32.
//
// Four bits: a pair is at most 2 · 15 · 127 = 3810, so eight of them fit 16 bits before they are
// widened. Eight bits: |weight| × (±activation) is at most 2 · 128 · 127 = 32512, which fits once.
//
// Four rows × 8 outputs at a time, so that sums, codes and masks fit 16 registers. Per 32 inputs of
// them (1024 products) 4 bits take 32 vpmaddubsw, 32 additions, 8 operations for widening and 12 for
// unpacking, 84 on three ports: 28 cycles, 37 products a cycle, 0.175 TOPS at 2.4 GHz. One row takes
// 27 operations for 128 bytes of codes: far above memory speed.
//
// Measured on Cascade Lake (as in the files for AVX-512): 1 row × 4096 × 4096: 19.7 of 21.0 GB/s with
// 4 bits, 18.7 with 8; 96 rows × 896, one core: 4 bits 0.11 TOPS (65 %), 8 bits 0.064. Prefetching for
// every four rows instead of the first four cost 6 %.

#if CK_X86

enum { TILE_ROWS = 4, HALF_OUTPUTS = 8, PREFETCH_BYTES = 16384 };

CK_AVX2 CK_INLINE __m256i broadcast_four(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, sizeof four);
  return _mm256_set1_epi32(four);
}

/// sum[r] = Σ code · activation of one group and 8 outputs; `block` is at their half of a vector.
CK_AVX2 CK_INLINE void sum_group_4(const char *block, const int8_t *codes, const int rows,
                                   __m256i *sum) {
  const __m256i low = _mm256_set1_epi8(15), one = _mm256_set1_epi16(1);
  for (int r = 0; r < rows; r++) sum[r] = _mm256_setzero_si256();
  for (int i = 0; i < CK_GROUP_INPUTS; i += 32) {
    __m256i pairs[TILE_ROWS];
    for (int r = 0; r < rows; r++) pairs[r] = _mm256_setzero_si256();
    for (int k = 0; k < 32; k += 8) {
      __m256i both = _mm256_load_si256((const __m256i *)(block + (i + k) * 8));
      __m256i even = _mm256_and_si256(both, low);
      __m256i odd = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
      for (int r = 0; r < rows; r++) {
        const int8_t *row = codes + r * CK_GROUP_INPUTS + i + k;
        pairs[r] = _mm256_add_epi16(pairs[r], _mm256_maddubs_epi16(even, broadcast_four(row)));
        pairs[r] = _mm256_add_epi16(pairs[r], _mm256_maddubs_epi16(odd, broadcast_four(row + 4)));
      }
    }
    for (int r = 0; r < rows; r++)
      sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(pairs[r], one));
  }
}

/// The same for 8 bits, but Σ (code − 128) · activation.
CK_AVX2 CK_INLINE void sum_group_8(const char *block, const int8_t *codes, const int rows,
                                   __m256i *sum) {
  const __m256i sign = _mm256_set1_epi8((char)0x80), one = _mm256_set1_epi16(1);
  for (int r = 0; r < rows; r++) sum[r] = _mm256_setzero_si256();
  for (int i = 0; i < CK_GROUP_INPUTS; i += 4) {
    __m256i code = _mm256_load_si256((const __m256i *)(block + i * 16));
    __m256i weight = _mm256_xor_si256(code, sign);
    __m256i magnitude = _mm256_abs_epi8(weight);
    for (int r = 0; r < rows; r++) {
      __m256i row = _mm256_sign_epi8(broadcast_four(codes + r * CK_GROUP_INPUTS + i), weight);
      __m256i pairs = _mm256_maddubs_epi16(magnitude, row);
      sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(pairs, one));
    }
  }
}

/// Scales and zero points of 8 outputs; for 8 bits the zero point is already in the sum.
CK_AVX2 CK_INLINE void load_constants(const char *constants, const int bits, int half,
                                      __m256 *scale, __m256 *zero) {
  if (bits == 4) {
    const __m128i *halves = (const __m128i *)constants + half;
    *scale = _mm256_cvtph_ps(_mm_load_si128(halves));
    *zero = _mm256_cvtph_ps(_mm_load_si128(halves + 2));
  } else {
    *scale = _mm256_load_ps((const float *)constants + HALF_OUTPUTS * half);
    *zero = _mm256_setzero_ps();
  }
}

CK_AVX2 CK_INLINE void store_half(__m256 total, CKQuantizedOutput output, ptrdiff_t row,
                                  ptrdiff_t first) {
  ptrdiff_t left = output.count - first;
  if (left <= 0) return;
  const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  __m256i mask = _mm256_cmpgt_epi32(
      _mm256_set1_epi32(left < HALF_OUTPUTS ? (int)left : HALF_OUTPUTS), index);
  float *values = output.values + row * output.stride + first;
  if (output.bias) total = _mm256_add_ps(total, _mm256_maskload_ps(output.bias + first, mask));
  if (output.scale) total = _mm256_mul_ps(total, _mm256_maskload_ps(output.scale + first, mask));
  if (output.adds) total = _mm256_add_ps(total, _mm256_maskload_ps(values, mask));
  _mm256_maskstore_ps(values, mask, total);
}

/// Rows `row..<row + rows`, at most four, times the panel whose first output is `first`.
CK_AVX2 CK_INLINE void multiply_tile(CKQuantizedRows input, ptrdiff_t row, const int rows,
                                     const char *block, const int bits, CKQuantizedOutput output,
                                     ptrdiff_t first) {
  __m256 total[2][TILE_ROWS];
  for (int r = 0; r < rows; r++) total[0][r] = total[1][r] = _mm256_setzero_ps();
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    const char *constants = block + block_bytes(bits) - 64;
    ptrdiff_t item = group * input.rows + row;
    // Later rows find the panel in the cache.
    for (const char *line = block; row == 0 && line <= constants; line += 64)
      _mm_prefetch(line + PREFETCH_BYTES, _MM_HINT_T0);
    for (int half = 0; half < 2; half++) {
      __m256i sum[TILE_ROWS];
      const int8_t *codes = input.codes + item * CK_GROUP_INPUTS;
      if (bits == 4)
        sum_group_4(block + 32 * half, codes, rows, sum);
      else
        sum_group_8(block + 32 * half, codes, rows, sum);
      __m256 scale, zero;
      load_constants(constants, bits, half, &scale, &zero);
      for (int r = 0; r < rows; r++) {
        __m256 dot = _mm256_fnmadd_ps(zero, _mm256_set1_ps(input.sums[item + r]),
                                      _mm256_cvtepi32_ps(sum[r]));
        __m256 factor = _mm256_mul_ps(scale, _mm256_set1_ps(input.scales[item + r]));
        total[half][r] = _mm256_fmadd_ps(dot, factor, total[half][r]);
      }
    }
    block += block_bytes(bits);
  }
  for (int r = 0; r < rows; r++)
    for (int half = 0; half < 2; half++)
      store_half(total[half][r], output, row + r, first + HALF_OUTPUTS * half);
}

CK_AVX2 CK_INLINE void multiply_panels(CKQuantizedRows input, const char *panel, const int bits,
                                       CKQuantizedOutput output) {
  for (ptrdiff_t first = 0; first < output.count; first += CK_PANEL_OUTPUTS) {
    ptrdiff_t row = 0;
    for (; input.rows - row >= TILE_ROWS; row += TILE_ROWS)
      multiply_tile(input, row, TILE_ROWS, panel, bits, output, first);
    switch (input.rows - row) {
    case 3: multiply_tile(input, row, 3, panel, bits, output, first); break;
    case 2: multiply_tile(input, row, 2, panel, bits, output, first); break;
    case 1: multiply_tile(input, row, 1, panel, bits, output, first); break;
    }
    panel += input.groups * block_bytes(bits);
  }
}

CK_AVX2 void ck_multiply_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                              CKQuantizedOutput output) {
  if (weights.bits == 4)
    multiply_panels(input, weights.panels, 4, output);
  else
    multiply_panels(input, weights.panels, 8, output);
}

#endif
