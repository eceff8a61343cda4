// Layer normalisation and root-mean-square normalisation of rows.
//
// Roofline. A row is read from memory once and written once, 8 bytes an element; the other passes
// find it in L1. Plain loops, compiled for each instruction set but AVX-512, which has masks for a
// row's end.
#include "include/norms.h"

#include <math.h>
#include <stdbool.h>

#include "common/sum.h"
#include "common/x86/vector_avx512.h"

// Σ (x - center), or of its squares.
CK_INLINE float sum_of(const float *x, ptrdiff_t count, float center, const bool squared) {
  float sums[CK_SUMS] = {0};
  ptrdiff_t i = 0;
  for (; i + CK_SUMS <= count; i += CK_SUMS) {
    for (ptrdiff_t lane = 0; lane < CK_SUMS; lane++) {
      float distance = x[i + lane] - center;
      sums[lane] += squared ? distance * distance : distance;
    }
  }
  for (ptrdiff_t lane = 0; i + lane < count; lane++) {
    float distance = x[i + lane] - center;
    sums[lane] += squared ? distance * distance : distance;
  }
  return add_partial_sums(sums);
}

CK_INLINE void layer_norm(const float *x, ptrdiff_t columns, const float *weight, const float *bias,
                          float epsilon, float *output) {
  float mean = sum_of(x, columns, 0, false) / (float)columns;
  float variance = sum_of(x, columns, mean, true) / (float)columns;
  float factor = 1 / sqrtf(variance + epsilon);
  for (ptrdiff_t i = 0; i < columns; i++) output[i] = (x[i] - mean) * factor * weight[i] + bias[i];
}

CK_INLINE void rms_norm(const float *x, ptrdiff_t columns, const float *weight, float epsilon,
                        float *output) {
  float factor = 1 / sqrtf(sum_of(x, columns, 0, true) / (float)columns + epsilon);
  for (ptrdiff_t i = 0; i < columns; i++) output[i] = x[i] * factor * weight[i];
}

#define NORMS(SET, TARGET)                                                                         \
  TARGET static void layer_norm_##SET(const float *x, ptrdiff_t columns, const float *weight,      \
                                      const float *bias, float epsilon, float *output) {           \
    layer_norm(x, columns, weight, bias, epsilon, output);                                         \
  }                                                                                                \
  TARGET static void rms_norm_##SET(const float *x, ptrdiff_t columns, const float *weight,        \
                                    float epsilon, float *output) {                                \
    rms_norm(x, columns, weight, epsilon, output);                                                 \
  }
NORMS(scalar, )

#if CK_X86

NORMS(avx2, CK_AVX2)

CK_AVX512 static float sum_avx512(const float *x, ptrdiff_t count) {
  __m512 sums = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i += 16) {
    sums = _mm512_add_ps(sums, _mm512_maskz_loadu_ps(lanes_avx512(count - i), x + i));
  }
  return _mm512_reduce_add_ps(sums);
}

CK_AVX512 static float square_sum_avx512(const float *x, ptrdiff_t count, float center) {
  __m512 sums = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes_avx512(count - i);
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
    __mmask16 mask = lanes_avx512(columns - i);
    __m512 distance = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i), _mm512_set1_ps(center));
    __m512 scaled = _mm512_mul_ps(distance, _mm512_set1_ps(factor));
    __m512 start = bias ? _mm512_maskz_loadu_ps(mask, bias + i) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(output + i, mask,
                          _mm512_fmadd_ps(scaled, _mm512_maskz_loadu_ps(mask, weight + i), start));
  }
}

static void layer_norm_avx512(const float *x, ptrdiff_t columns, const float *weight,
                              const float *bias, float epsilon, float *output) {
  float mean = sum_avx512(x, columns) / (float)columns;
  float variance = square_sum_avx512(x, columns, mean) / (float)columns;
  scale_row_avx512(x, columns, mean, 1 / sqrtf(variance + epsilon), weight, bias, output);
}

static void rms_norm_avx512(const float *x, ptrdiff_t columns, const float *weight, float epsilon,
                            float *output) {
  float square = square_sum_avx512(x, columns, 0) / (float)columns;
  scale_row_avx512(x, columns, 0, 1 / sqrtf(square + epsilon), weight, NULL, output);
}

#endif

void ck_layer_norm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                   const float *weight, const float *bias, float epsilon, float *output,
                   ptrdiff_t output_stride, CKInstructionSet set) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *x = input + r * input_stride;
    float *target = output + r * output_stride;
#if CK_X86
    if (set == CKInstructionSetAVX512VNNI) {
      layer_norm_avx512(x, columns, weight, bias, epsilon, target);
      continue;
    }
    if (set >= CKInstructionSetAVX2) {
      layer_norm_avx2(x, columns, weight, bias, epsilon, target);
      continue;
    }
#endif
    (void)set;
    layer_norm_scalar(x, columns, weight, bias, epsilon, target);
  }
}

void ck_rms_norm(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t columns,
                 const float *weight, float epsilon, float *output, ptrdiff_t output_stride,
                 CKInstructionSet set) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *x = input + r * input_stride;
    float *target = output + r * output_stride;
#if CK_X86
    if (set == CKInstructionSetAVX512VNNI) {
      rms_norm_avx512(x, columns, weight, epsilon, target);
      continue;
    }
    if (set >= CKInstructionSetAVX2) {
      rms_norm_avx2(x, columns, weight, epsilon, target);
      continue;
    }
#endif
    (void)set;
    rms_norm_scalar(x, columns, weight, epsilon, target);
  }
}
