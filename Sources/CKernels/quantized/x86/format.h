// Access to packed blocks with vectors.
#ifndef CK_QUANTIZED_X86_FORMAT_H
#define CK_QUANTIZED_X86_FORMAT_H

#include "common/x86/target.h"
#include "quantized/format.h"

#if CK_X86

// Scales and zero points of half a block's outputs; with 8 bits the zero point is `zero8` (0 where
// codes are summed less 128).
CK_AVX2 CK_INLINE void load_constants_avx2(const char *block, const int bits, int half,
                                           const float zero8, __m256 *scale, __m256 *zero) {
  const char *constants = block + block_bytes(bits) - 64;
  if (bits == 4) {
    const __m128i *halves = (const __m128i *)constants + half;
    *scale = _mm256_cvtph_ps(_mm_load_si128(halves));
    *zero = _mm256_cvtph_ps(_mm_load_si128(halves + 2));
  } else {
    *scale = _mm256_load_ps((const float *)constants + CK_PANEL_OUTPUTS / 2 * half);
    *zero = _mm256_set1_ps(zero8);
  }
}

// Scales and zero points of 16 outputs from the 64 bytes behind a block's codes.
CK_AVX512 CK_INLINE void load_constants_avx512(const void *constants, int bits, __m512 *scale,
                                               __m512 *zero) {
  if (bits == 4) {
    const __m256i *halves = constants;
    *scale = _mm512_cvtph_ps(_mm256_load_si256(halves));
    *zero = _mm512_cvtph_ps(_mm256_load_si256(halves + 1));
  } else {
    *scale = _mm512_load_ps(constants);
    *zero = _mm512_set1_ps(128);
  }
}

#endif

#endif
