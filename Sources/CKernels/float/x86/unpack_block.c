// One packed block as a panel of float32, with AVX2 and AVX-512.
//
// Each 32-bit word of a block's vector holds codes of one output, so a shift, a mask and a
// conversion give 16 outputs of one input. About five operations for each of 128 vectors: 320
// cycles with AVX-512, amortised over the rows of the product.
#include "common/x86/fill.h"
#include "include/panels.h"
#include "quantized/x86/format.h"

#if CK_X86

// Where input `i` of a group lies: the vector, and the lowest bit in each of its 32-bit words.
CK_INLINE void locate_input(int i, int bits, int *vector, int *shift) {
  *vector = bits == 4 ? i / 8 : i / 4;
  *shift = i % 4 * 8 + (bits == 4 && i % 8 >= 4 ? 4 : 0);
}

CK_AVX2 CK_INLINE void unpack_panel_avx2(const char *block, const int bits, float *output) {
  const __m256i mask = _mm256_set1_epi32(bits == 4 ? 15 : 255);
  for (int half = 0; half < 2; half++) {
    __m256 scale, zero;
    load_constants_avx2(block, bits, half, 128, &scale, &zero);
    for (int i = 0; i < CK_GROUP_INPUTS; i++) {
      int vector, shift;
      locate_input(i, bits, &vector, &shift);
      __m256i words = _mm256_load_si256((const __m256i *)(block + 64 * vector + 32 * half));
      words = _mm256_and_si256(_mm256_srl_epi32(words, _mm_cvtsi32_si128(shift)), mask);
      __m256 value = _mm256_mul_ps(_mm256_sub_ps(_mm256_cvtepi32_ps(words), zero), scale);
      _mm256_store_ps(output + i * CK_PANEL_OUTPUTS + 8 * half, value);
    }
  }
}

CK_AVX2 static void unpack_avx2(const void *block, int bits, float *output) {
  if (bits == 4)
    unpack_panel_avx2(block, 4, output);
  else
    unpack_panel_avx2(block, 8, output);
}

CK_AVX512 CK_INLINE void unpack_panel_avx512(const char *block, const int bits, float *output) {
  const char *constants = block + block_bytes(bits) - 64;
  const __m512i mask = _mm512_set1_epi32(bits == 4 ? 15 : 255);
  __m512 scale, zero;
  load_constants_avx512(constants, bits, &scale, &zero);
  for (int i = 0; i < CK_GROUP_INPUTS; i++) {
    int vector, shift;
    locate_input(i, bits, &vector, &shift);
    __m512i words = _mm512_load_si512(block + 64 * vector);
    words = _mm512_and_si512(_mm512_srl_epi32(words, _mm_cvtsi32_si128(shift)), mask);
    __m512 value = _mm512_mul_ps(_mm512_sub_ps(_mm512_cvtepi32_ps(words), zero), scale);
    _mm512_store_ps(output + i * CK_PANEL_OUTPUTS, value);
  }
}

CK_AVX512 static void unpack_avx512(const void *block, int bits, float *output) {
  if (bits == 4)
    unpack_panel_avx512(block, 4, output);
  else
    unpack_panel_avx512(block, 8, output);
}

void ck_fill_unpack_block_avx2(CKKernels *kernels) { kernels->unpack_block = unpack_avx2; }

void ck_fill_unpack_block_avx512(CKKernels *kernels) { kernels->unpack_block = unpack_avx512; }

#endif
