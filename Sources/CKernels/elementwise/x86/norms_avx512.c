// Normalisation with AVX-512, whose masks take the end of a row.
//
// Roofline. A row is read from memory once and written once, 8 bytes an element; the other passes
// find it in L1.
#include <math.h>

#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"

#if CK_X86

CK_AVX512 static float sum_avx512(const float *x, ptrdiff_t count) {
  __m512 sums = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i += 16) {
    sums = _mm512_add_ps(sums, _mm512_maskz_loadu_ps(elements_avx512(count - i), x + i));
  }
  return _mm512_reduce_add_ps(sums);
}

CK_AVX512 static float square_sum_avx512(const float *x, ptrdiff_t count, float center) {
  __m512 sums = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = elements_avx512(count - i);
    __m512 distance =
        _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, x + i), _mm512_set1_ps(center));
    sums = _mm512_fmadd_ps(distance, distance, sums);
  }
  return _mm512_reduce_add_ps(sums);
}

// output = (x - center) · factor · weight + bias; a null bias is zero.
CK_AVX512 static void scale_row_avx512(const float *x, ptrdiff_t columns, float center,
                                       float factor, const float *weight, const float *bias,
                                       float *output) {
  for (ptrdiff_t i = 0; i < columns; i += 16) {
    __mmask16 mask = elements_avx512(columns - i);
    __m512 distance = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i), _mm512_set1_ps(center));
    __m512 scaled = _mm512_mul_ps(distance, _mm512_set1_ps(factor));
    __m512 start = bias ? _mm512_maskz_loadu_ps(mask, bias + i) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(output + i, mask,
                          _mm512_fmadd_ps(scaled, _mm512_maskz_loadu_ps(mask, weight + i), start));
  }
}

static void layer_norm(const float *x, ptrdiff_t columns, const float *weight, const float *bias,
                       float epsilon, float *output) {
  float mean = sum_avx512(x, columns) / (float)columns;
  float variance = square_sum_avx512(x, columns, mean) / (float)columns;
  scale_row_avx512(x, columns, mean, 1 / sqrtf(variance + epsilon), weight, bias, output);
}

static void rms_norm(const float *x, ptrdiff_t columns, const float *weight, float epsilon,
                     float *output) {
  float square = square_sum_avx512(x, columns, 0) / (float)columns;
  scale_row_avx512(x, columns, 0, 1 / sqrtf(square + epsilon), weight, NULL, output);
}

#include "elementwise/norm_rows.h"

void ck_fill_norms_avx512(CKKernels *kernels) {
  kernels->layer_norm = layer_norms;
  kernels->rms_norm = rms_norms;
}

#endif
