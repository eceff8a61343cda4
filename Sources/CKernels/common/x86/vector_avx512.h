// Pieces that several AVX-512 kernels share.
#ifndef CK_COMMON_X86_VECTOR_AVX512_H
#define CK_COMMON_X86_VECTOR_AVX512_H

#include "common/x86/target.h"
#include "include/float_type.h"

#if CK_X86

// The first `count` of 16 elements; `count` is not negative.
CK_INLINE __mmask16 elements_avx512(ptrdiff_t count) {
  return count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
}

// The same, for a `count` of any sign.
CK_INLINE __mmask16 elements_within(ptrdiff_t count) {
  return count > 0 ? elements_avx512(count) : 0;
}

// Sixteen stored numbers from `index` on, widened; elements outside `mask` are zero and not read.
CK_AVX512 CK_INLINE __m512 load_avx512(const void *source, CKFloatType type, ptrdiff_t index,
                                       __mmask16 mask) {
  if (type == CKFloatType32) return _mm512_maskz_loadu_ps(mask, (const float *)source + index);
  __m256i halves = _mm256_maskz_loadu_epi16(mask, (const uint16_t *)source + index);
  if (type == CKFloatType16) return _mm512_cvtph_ps(halves);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

// Transposes a 16 × 16 matrix: four rounds of exchanges over distances 1, 2, 4 and 8.
CK_AVX512 CK_INLINE void transpose_avx512(__m512 rows[16]) {
  __m512 pairs[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; j++) {
      __m512d low = _mm512_castps_pd(pairs[i + j]), high = _mm512_castps_pd(pairs[i + j + 2]);
      rows[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      rows[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  }
  // rows[4·i + c] now holds columns c, c + 4, c + 8, c + 12 of rows 4·i … 4·i + 3.
  for (int c = 0; c < 4; c++) {
    pairs[c] = _mm512_shuffle_f32x4(rows[c], rows[4 + c], 0x88);
    pairs[4 + c] = _mm512_shuffle_f32x4(rows[c], rows[4 + c], 0xdd);
    pairs[8 + c] = _mm512_shuffle_f32x4(rows[8 + c], rows[12 + c], 0x88);
    pairs[12 + c] = _mm512_shuffle_f32x4(rows[8 + c], rows[12 + c], 0xdd);
  }
  for (int c = 0; c < 4; c++) {
    rows[c] = _mm512_shuffle_f32x4(pairs[c], pairs[8 + c], 0x88);
    rows[8 + c] = _mm512_shuffle_f32x4(pairs[c], pairs[8 + c], 0xdd);
    rows[4 + c] = _mm512_shuffle_f32x4(pairs[4 + c], pairs[12 + c], 0x88);
    rows[12 + c] = _mm512_shuffle_f32x4(pairs[4 + c], pairs[12 + c], 0xdd);
  }
}

#endif

#endif
