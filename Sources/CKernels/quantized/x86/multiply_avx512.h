// What the AVX-512 versions for few and for many rows share.
#ifndef CK_QUANTIZED_X86_MULTIPLY_AVX512_H
#define CK_QUANTIZED_X86_MULTIPLY_AVX512_H

#include "common/x86/vector_avx512.h"
#include "quantized/multiply.h"
#include "quantized/x86/format.h"

#if CK_X86

// total + (sum − zero · row_sum) · (scale · row_scale).
//
// The difference is exact: both parts are integers below 2²⁴.
CK_AVX512 CK_INLINE __m512 add_group_avx512(__m512 total, __m512i sum, __m512 scale, __m512 zero,
                                            float row_scale, float row_sum) {
  __m512 dot = _mm512_fnmadd_ps(zero, _mm512_set1_ps(row_sum), _mm512_cvtepi32_ps(sum));
  return _mm512_fmadd_ps(dot, _mm512_mul_ps(scale, _mm512_set1_ps(row_scale)), total);
}

// Stores 16 results of a row from output `first` on; fewer at the end.
CK_AVX512 CK_INLINE void store_panel_avx512(__m512 total, CKQuantizedOutput output, ptrdiff_t row,
                                            ptrdiff_t first) {
  __mmask16 mask = elements_avx512(output.count - first);
  float *values = output.values + row * output.stride + first;
  if (output.bias) total = _mm512_add_ps(total, _mm512_maskz_loadu_ps(mask, output.bias + first));
  if (output.scale) total = _mm512_mul_ps(total, _mm512_maskz_loadu_ps(mask, output.scale + first));
  if (output.adds) total = _mm512_add_ps(total, _mm512_maskz_loadu_ps(mask, values));
  _mm512_mask_storeu_ps(values, mask, total);
}

#endif

#endif
