// GELU with AVX2.
//
// Roofline. An element is 8 bytes read and written, about 2 cycles of a core's memory bandwidth; 16
// elements take about 35 operations. Memory binds, or arithmetic where rows are in L2.
#include "common/x86/exponential_avx2.h"
#include "common/x86/fill.h"
#include "elementwise/x86/gelu.h"

#if CK_X86

#define TARGET CK_AVX2
#include "elementwise/gelu_approximate.h"

CK_AVX2 static __m256 gelu8_avx2(__m256 x) {
  const __m256 one = _mm256_set1_ps(1), sign = _mm256_set1_ps(-0.0f);
  __m256 t = _mm256_min_ps(_mm256_set1_ps(15), _mm256_andnot_ps(sign, x));
  __m256 u = _mm256_div_ps(one, _mm256_fmadd_ps(t, _mm256_set1_ps(0.35f), one));
  __m256 sum = _mm256_set1_ps(tail_terms[0]);
  for (int i = 1; i < TAIL_TERMS; i++) sum = _mm256_fmadd_ps(sum, u, _mm256_set1_ps(tail_terms[i]));
  __m256 power = exp_avx2(_mm256_mul_ps(_mm256_mul_ps(t, t), _mm256_set1_ps(-0.5f)));
  __m256 tail = _mm256_mul_ps(_mm256_mul_ps(power, u), sum);
  return _mm256_mul_ps(x, _mm256_blendv_ps(_mm256_sub_ps(one, tail), tail, x));
}

CK_AVX2 static void gelu_avx2(float *x, ptrdiff_t count) {
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(x + i, gelu8_avx2(_mm256_loadu_ps(x + i)));
  float rest[8] = {0};
  if (i < count) {
    memcpy(rest, x + i, (size_t)(count - i) * sizeof *x);
    _mm256_storeu_ps(rest, gelu8_avx2(_mm256_loadu_ps(rest)));
    memcpy(x + i, rest, (size_t)(count - i) * sizeof *x);
  }
}

void ck_fill_gelu_avx2(CKKernels *kernels) {
  kernels->gelu = gelu_avx2;
  kernels->gelu_approximate = gelu_approximate;
}

#endif
