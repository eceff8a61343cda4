// The low halves of a group with AVX2 and AVX-512.
#include "common/x86/fill.h"
#include "common/x86/vector_avx2.h"
#include "quantized/screened_format.h"

#if CK_X86

CK_AVX2 static int32_t dot_avx2(const uint8_t *low, const int8_t *codes) {
  const __m256i mask = _mm256_set1_epi8(15);
  // At most 4 · 2 · 15 · 127 in 16 bits.
  __m256i pairs = _mm256_setzero_si256();
  for (int j = 0; j < CK_LOW_BYTES; j += 32) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(low + j));
    __m256i first = _mm256_loadu_si256((const __m256i *)(codes + j));
    __m256i second = _mm256_loadu_si256((const __m256i *)(codes + CK_LOW_BYTES + j));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(_mm256_and_si256(bytes, mask), first));
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(high, second));
  }
  return sum_of_elements_avx2(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#define TARGET CK_AVX2
#define LOW_PART low_part_avx2
#define dot dot_avx2
#define half _cvtsh_ss
#include "quantized/low_part.h"

CK_AVX512 static int32_t dot_avx512(const uint8_t *low, const int8_t *codes) {
  const __m512i mask = _mm512_set1_epi8(15);
  __m512i bytes = _mm512_loadu_si512(low);
  __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), mask);
  __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_and_si512(bytes, mask),
                                     _mm512_loadu_si512(codes));
  sums = _mm512_dpbusd_epi32(sums, high, _mm512_loadu_si512(codes + CK_LOW_BYTES));
  return _mm512_reduce_add_epi32(sums);
}

#define TARGET CK_AVX512
#define LOW_PART low_part_avx512
#define dot dot_avx512
#define half _cvtsh_ss
#include "quantized/low_part.h"

void ck_fill_screen_avx2(CKKernels *kernels) { kernels->low_part = low_part_avx2; }

void ck_fill_screen_avx512(CKKernels *kernels) { kernels->low_part = low_part_avx512; }

#endif
