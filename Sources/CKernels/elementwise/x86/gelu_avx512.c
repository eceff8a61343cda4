// GELU with AVX-512.
//
// Roofline. An element is 8 bytes read and written, about 2 cycles of a core's memory bandwidth; 16
// elements take about 35 operations. Memory binds, or arithmetic where rows are in L2.
#include "common/x86/exponential_avx512.h"
#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"
#include "elementwise/x86/gelu.h"

#if CK_X86

#define TARGET CK_AVX512
#include "elementwise/gelu_approximate.h"

CK_AVX512 static __m512 gelu16_avx512(__m512 x) {
  const __m512 one = _mm512_set1_ps(1);
  // From 14.5 on e^(-t²/2) is zero.
  __m512 t = _mm512_min_ps(_mm512_abs_ps(x), _mm512_set1_ps(15));
  __m512 u = _mm512_div_ps(one, _mm512_fmadd_ps(t, _mm512_set1_ps(0.35f), one));
  __m512 sum = _mm512_set1_ps(tail_terms[0]);
  for (int i = 1; i < TAIL_TERMS; i++) sum = _mm512_fmadd_ps(sum, u, _mm512_set1_ps(tail_terms[i]));
  __m512 power = exp_avx512(_mm512_mul_ps(_mm512_mul_ps(t, t), _mm512_set1_ps(-0.5f)));
  __m512 tail = _mm512_mul_ps(_mm512_mul_ps(power, u), sum);
  __mmask16 negative = _mm512_movepi32_mask(_mm512_castps_si512(x));
  __m512 probability = _mm512_mask_mov_ps(_mm512_sub_ps(one, tail), negative, tail);
  return _mm512_mul_ps(x, probability);
}

CK_AVX512 static void gelu_avx512(float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = elements_avx512(count - i);
    _mm512_mask_storeu_ps(x + i, mask, gelu16_avx512(_mm512_maskz_loadu_ps(mask, x + i)));
  }
}

void ck_fill_gelu_avx512(CKKernels *kernels) {
  kernels->gelu = gelu_avx512;
  kernels->gelu_approximate = gelu_approximate;
}

#endif
