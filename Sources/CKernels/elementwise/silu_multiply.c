// output = gate / (1 + exp(-gate)) · up
//
// Roofline. 12 bytes an element and about 25 operations on 16 of them: memory or L2 binds.
#include <math.h>

#include "common/x86/exponential_avx2.h"
#include "common/x86/exponential_avx512.h"
#include "common/x86/vector_avx512.h"
#include "include/elementwise.h"

static void silu_multiply_scalar(const float *gate, const float *up, ptrdiff_t count,
                                 float *output) {
  for (ptrdiff_t i = 0; i < count; i++) output[i] = gate[i] / (1 + expf(-gate[i])) * up[i];
}

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

CK_AVX512 static void silu_multiply_avx512(const float *gate, const float *up, ptrdiff_t count,
                                           float *output) {
  const __m512 one = _mm512_set1_ps(1);
  // Beyond this e^-gate is infinite.
  const __m512 lowest = _mm512_set1_ps(-88);
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes_avx512(count - i);
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

#endif

void ck_silu_multiply(const float *input, ptrdiff_t rows, ptrdiff_t columns, float *output,
                      CKInstructionSet set) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *gate = input + r * 2 * columns;
#if CK_X86
    if (set == CKInstructionSetAVX512VNNI) {
      silu_multiply_avx512(gate, gate + columns, columns, output + r * columns);
      continue;
    }
    if (set >= CKInstructionSetAVX2) {
      silu_multiply_avx2(gate, gate + columns, columns, output + r * columns);
      continue;
    }
#endif
    (void)set;
    silu_multiply_scalar(gate, gate + columns, columns, output + r * columns);
  }
}
