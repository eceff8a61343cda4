// Pieces that several AVX2 kernels share.
#ifndef CK_COMMON_X86_VECTOR_AVX2_H
#define CK_COMMON_X86_VECTOR_AVX2_H

#include "common/x86/target.h"
#include "include/float_type.h"

#if CK_X86

// Eight stored numbers from `index` on, widened.
CK_AVX2 CK_INLINE __m256 load_avx2(const void *source, CKFloatType type, ptrdiff_t index) {
  if (type == CKFloatType32) return _mm256_loadu_ps((const float *)source + index);
  __m128i halves = _mm_loadu_si128((const __m128i *)((const uint16_t *)source + index));
  if (type == CKFloatType16) return _mm256_cvtph_ps(halves);
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}

// The sum of eight int32.
CK_AVX2 CK_INLINE int32_t sum_of_elements_avx2(__m256i elements) {
  __m128i half =
      _mm_add_epi32(_mm256_castsi256_si128(elements), _mm256_extracti128_si256(elements, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}

// Transposes an 8 × 8 matrix: three rounds of exchanges over distances 1, 2 and 4.
CK_AVX2 CK_INLINE void transpose_avx2(__m256 rows[8]) {
  __m256 pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; j++) {
      __m256d low = _mm256_castps_pd(pairs[i + j]), high = _mm256_castps_pd(pairs[i + j + 2]);
      fours[i + 2 * j] = _mm256_castpd_ps(_mm256_unpacklo_pd(low, high));
      fours[i + 2 * j + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low, high));
    }
  }
  // fours[4·i + c] now holds columns c and c + 4 of rows 4·i … 4·i + 3.
  for (int c = 0; c < 4; c++) {
    rows[c] = _mm256_permute2f128_ps(fours[c], fours[4 + c], 0x20);
    rows[4 + c] = _mm256_permute2f128_ps(fours[c], fours[4 + c], 0x31);
  }
}

#endif

#endif
