// SiLU and product with AVX-512.
//
// Roofline. 12 bytes an element and about 25 operations for 16 of them: memory or L2 binds.
#include "common/x86/exponential_avx512.h"
#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"

#if CK_X86

CK_AVX512 static void silu_multiply_avx512(const float *gate, const float *up, ptrdiff_t count,
                                           float *output) {
  const __m512 one = _mm512_set1_ps(1);
  // Beyond this e^-gate is infinite.
  const __m512 lowest = _mm512_set1_ps(-88);
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = elements_avx512(count - i);
    __m512 x = _mm512_maskz_loadu_ps(mask, gate + i);
    __m512 limited = _mm512_max_ps(x, lowest);
    __m512 power = exp_avx512(_mm512_sub_ps(_mm512_setzero_ps(), limited));
    __m512 silu = _mm512_div_ps(x, _mm512_add_ps(one, power));
    __mmask16 normal = _mm512_cmp_ps_mask(x, lowest, _CMP_NLT_UQ);
    silu = _mm512_maskz_mov_ps(normal, silu);
    _mm512_mask_storeu_ps(output + i, mask,
                          _mm512_mul_ps(silu, _mm512_maskz_loadu_ps(mask, up + i)));
  }
}

static void silu_multiply(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *gate = input + r * 2 * columns;
    silu_multiply_avx512(gate, gate + columns, columns, output + r * columns);
  }
}

void ck_fill_silu_multiply_avx512(CKKernels *kernels) { kernels->silu_multiply = silu_multiply; }

#endif
