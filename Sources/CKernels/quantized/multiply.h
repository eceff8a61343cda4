#ifndef CK_QUANTIZED_MULTIPLY_H
#define CK_QUANTIZED_MULTIPLY_H

// The versions of `ck_multiply_quantized`, one file each; multiply.c chooses.
//
// These add a group's term to a result with the same operations in the same order, so that the same
// row gets the same bits whichever of them computes it. (The scalar version has no fused
// multiply-add.)

#include "common/internal.h"
#include "common/x86/vector_avx512.h"
#include "quantized/format.h"

// One group of some rows: as in `CKQuantizedRows`, from the first row on.
typedef struct {
  const int8_t *codes;
  const float *scales, *sums;
} GroupRows;

// The outputs from `first` on.
CK_INLINE CKQuantizedOutput outputs_from(CKQuantizedOutput output, ptrdiff_t first) {
  output.values += first;
  output.count -= first;
  if (output.bias) output.bias += first;
  if (output.scale) output.scale += first;
  return output;
}

#if CK_X86

// For 1 to 8 rows, which wait for weights from memory.
void ck_multiply_few_avx512(CKQuantizedRows input, CKQuantizedPanels weights,
                            CKQuantizedOutput output);
void ck_multiply_few_avxvnni(CKQuantizedRows input, CKQuantizedPanels weights,
                             CKQuantizedOutput output);
void ck_multiply_few_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                          CKQuantizedOutput output);

// For 8 rows of 4-bit weights, which wait for the products already.
void ck_multiply_strip_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                            CKQuantizedOutput output);

// For any number of rows, which wait for the products.
void ck_multiply_many_avx512(CKQuantizedRows input, CKQuantizedPanels weights,
                             CKQuantizedOutput output);
void ck_multiply_many_avxvnni(CKQuantizedRows input, CKQuantizedPanels weights,
                              CKQuantizedOutput output);
void ck_multiply_many_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                           CKQuantizedOutput output);

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
  __mmask16 mask = lanes_avx512(output.count - first);
  float *values = output.values + row * output.stride + first;
  if (output.bias) total = _mm512_add_ps(total, _mm512_maskz_loadu_ps(mask, output.bias + first));
  if (output.scale) total = _mm512_mul_ps(total, _mm512_maskz_loadu_ps(mask, output.scale + first));
  if (output.adds) total = _mm512_add_ps(total, _mm512_maskz_loadu_ps(mask, values));
  _mm512_mask_storeu_ps(values, mask, total);
}

#endif

#endif
