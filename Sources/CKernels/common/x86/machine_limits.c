// What an x86 machine can do at most.
//
// The arithmetic loops keep 12 independent accumulators in registers: more than the latency (4
// cycles) times the ports (2), so that only the ports limit them.
#include "common/x86/fill.h"
#include "common/x86/target.h"

#if CK_X86

#define TWELVE(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)
// An empty asm statement that the compiler cannot see through keeps an accumulator alive.
#ifdef CK_EMULATES
#define KEEP(i) __asm__ volatile("" : "+m"(sum##i));
#else
#define KEEP(i) __asm__ volatile("" : "+v"(sum##i));
#endif

CK_AVX512 static unsigned long long read_avx512(const void *memory, ptrdiff_t count) {
  const char *bytes = memory;
  __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
  for (ptrdiff_t i = 0; i < count; i += 256) {
    for (int line = 0; line < 256; line += 64) _mm_prefetch(bytes + i + 4096 + line, _MM_HINT_T0);
    a = _mm512_xor_si512(a, _mm512_load_si512(bytes + i));
    b = _mm512_xor_si512(b, _mm512_load_si512(bytes + i + 64));
    c = _mm512_xor_si512(c, _mm512_load_si512(bytes + i + 128));
    d = _mm512_xor_si512(d, _mm512_load_si512(bytes + i + 192));
  }
  a = _mm512_xor_si512(_mm512_xor_si512(a, b), _mm512_xor_si512(c, d));
  return (unsigned long long)_mm512_reduce_add_epi64(a);
}

CK_AVX512 static double run_int8_avx512(ptrdiff_t rounds) {
  __m512i x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(1);
#define START(i) __m512i sum##i = _mm512_setzero_si512();
#define STEP(i) sum##i = _mm512_dpbusd_epi32(sum##i, x, y);
  TWELVE(START)
  for (ptrdiff_t round = 0; round < rounds; round++) { TWELVE(STEP) TWELVE(KEEP) }
#undef START
#undef STEP
  return 12.0 * 64 * 2 * (double)rounds;
}

CK_AVX512 static double run_float_avx512(ptrdiff_t rounds) {
  __m512 x = _mm512_set1_ps(0.5f), y = _mm512_set1_ps(1e-3f);
#define START(i) __m512 sum##i = _mm512_set1_ps(i);
#define STEP(i) sum##i = _mm512_fmadd_ps(sum##i, x, y);
  TWELVE(START)
  for (ptrdiff_t round = 0; round < rounds; round++) { TWELVE(STEP) TWELVE(KEEP) }
#undef START
#undef STEP
  return 12.0 * 16 * 2 * (double)rounds;
}

// Two streams without prefetch. On two cores of Zen 3 one stream reads 6 to 17 % slower, and a
// prefetch 4 KB ahead makes it a fifth slower.
CK_AVX2 static unsigned long long read_avx2(const void *memory, ptrdiff_t count) {
  const char *bytes = memory;
  const ptrdiff_t half = count / 128 * 64;
  __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
  for (ptrdiff_t i = 0; i < half; i += 64) {
    a = _mm256_xor_si256(a, _mm256_load_si256((const __m256i *)(bytes + i)));
    b = _mm256_xor_si256(b, _mm256_load_si256((const __m256i *)(bytes + i + 32)));
    c = _mm256_xor_si256(c, _mm256_load_si256((const __m256i *)(bytes + half + i)));
    d = _mm256_xor_si256(d, _mm256_load_si256((const __m256i *)(bytes + half + i + 32)));
  }
  a = _mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
  return (unsigned long long)(_mm256_extract_epi64(a, 0) ^ _mm256_extract_epi64(a, 1) ^
                              _mm256_extract_epi64(a, 2) ^ _mm256_extract_epi64(a, 3));
}

CK_AVX2 static double run_int8_avx2(ptrdiff_t rounds) {
  __m256i x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(1), one = _mm256_set1_epi16(1);
#define START(i) __m256i sum##i = _mm256_setzero_si256();
  // Without VNNI three instructions; the compiler must not see that the first one's result is the
  // same every time.
#define STEP(i)                                                                                    \
  __asm__ volatile("" : "+v"(x));                                                                  \
  sum##i = _mm256_add_epi32(sum##i, _mm256_madd_epi16(_mm256_maddubs_epi16(x, y), one));
  TWELVE(START)
  for (ptrdiff_t round = 0; round < rounds; round++) { TWELVE(STEP) TWELVE(KEEP) }
#undef START
#undef STEP
  return 12.0 * 32 * 2 * (double)rounds;
}

CK_AVXVNNI static double run_int8_avxvnni(ptrdiff_t rounds) {
  __m256i x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(1);
#define START(i) __m256i sum##i = _mm256_setzero_si256();
#define STEP(i) sum##i = _mm256_dpbusd_avx_epi32(sum##i, x, y);
  TWELVE(START)
  for (ptrdiff_t round = 0; round < rounds; round++) { TWELVE(STEP) TWELVE(KEEP) }
#undef START
#undef STEP
  return 12.0 * 32 * 2 * (double)rounds;
}

CK_AVX2 static double run_float_avx2(ptrdiff_t rounds) {
  __m256 x = _mm256_set1_ps(0.5f), y = _mm256_set1_ps(1e-3f);
#define START(i) __m256 sum##i = _mm256_set1_ps(i);
#define STEP(i) sum##i = _mm256_fmadd_ps(sum##i, x, y);
  TWELVE(START)
  for (ptrdiff_t round = 0; round < rounds; round++) { TWELVE(STEP) TWELVE(KEEP) }
#undef START
#undef STEP
  return 12.0 * 8 * 2 * (double)rounds;
}

void ck_fill_machine_limits_avx2(CKKernels *kernels) {
  kernels->read_memory = read_avx2;
  kernels->run_int8 = run_int8_avx2;
  kernels->run_float = run_float_avx2;
}

void ck_fill_machine_limits_avxvnni(CKKernels *kernels) { kernels->run_int8 = run_int8_avxvnni; }

void ck_fill_machine_limits_avx512(CKKernels *kernels) {
  kernels->read_memory = read_avx512;
  kernels->run_int8 = run_int8_avx512;
  kernels->run_float = run_float_avx512;
}

#endif
