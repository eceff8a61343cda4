// SiLU and product with AVX2.
//
// Roofline. 12 bytes an element and about 25 operations for 8 of them: memory or L2 binds.
#include "common/x86/exponential_avx2.h"
#include "common/x86/fill.h"
#include "elementwise/silu_multiply.h"

#if CK_X86

CK_AVX2 static void silu_multiply_avx2(const float *gate, const float *up, ptrdiff_t count,
                                       float *output) {
  const __m256 one = _mm256_set1_ps(1), lowest = _mm256_set1_ps(-88);
  ptrdiff_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256 x = _mm256_loadu_ps(gate + i);
    __m256 power = exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), _mm256_max_ps(lowest, x)));
    __m256 silu = _mm256_div_ps(x, _mm256_add_ps(one, power));
    silu = _mm256_and_ps(silu, _mm256_cmp_ps(x, lowest, _CMP_NLT_UQ));
    _mm256_storeu_ps(output + i, _mm256_mul_ps(silu, _mm256_loadu_ps(up + i)));
  }
  silu_multiply_scalar(gate + i, up + i, count - i, output + i);
}

static void silu_multiply(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *gate = input + r * 2 * columns;
    silu_multiply_avx2(gate, gate + columns, columns, output + r * columns);
  }
}

void ck_fill_silu_multiply_avx2(CKKernels *kernels) { kernels->silu_multiply = silu_multiply; }

#endif
