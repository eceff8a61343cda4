// output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o]) for few rows, with AVX-512.
//
// One row takes outputs one by one, so that a core reads memory from one end to the other. Several
// rows share each vector of inputs between four outputs, or three from 5 rows on, which hides the
// latency of the multiply-adds. Only the last inputs of a row need masks.
//
// Roofline. 16 weights of 16 bits arrive in 5.7 cycles (5.6 bytes a cycle and core); widening them
// and multiplying 8 rows takes 5, so memory binds. (benchmarks/notes/float.md)
#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"
#include "float/gemv.h"

#if CK_X86

// How far ahead memory is prefetched, in each of `outputs` rows of weights. (Four, on Cascade Lake:
// 4096 gave 75 % of the bandwidth, 1024 gave 98 %. One, on Zen 5: 1024 gave 43 to 51 GB/s of 54.)
CK_INLINE ptrdiff_t ahead_bytes(int outputs) { return outputs == 1 ? 4096 : 1024; }

// Up to this input, what is prefetched belongs to the same row of weights.
CK_INLINE ptrdiff_t own_inputs(const FloatGemv *product, ptrdiff_t bytes, int outputs) {
  ptrdiff_t count = product->count - ahead_bytes(outputs) / bytes;
  return count < 0 ? 0 : count;
}

// The distance of the prefetch near the end of `outputs` rows of weights: to the beginning of the
// next ones. (Without: 65 % of the bandwidth on rows of 1,792 bytes.)
CK_INLINE ptrdiff_t distance_at_end(const FloatGemv *product, ptrdiff_t bytes, int outputs) {
  return ahead_bytes(outputs) + (outputs - 1) * product->weight_stride * bytes;
}

// Adds the products of 16 inputs from `k` on; prefetches `distance` bytes ahead.
CK_AVX512 CK_INLINE void step_avx512(const FloatGemv *product, ptrdiff_t first, ptrdiff_t k,
                                     const __mmask16 mask, ptrdiff_t distance, const int rows,
                                     const CKFloatType type, const int outputs, __m512 sums[4][8]) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  __m512 weights[4];
  for (int o = 0; o < outputs; o++) {
    ptrdiff_t index = (first + o) * product->weight_stride + k;
    _mm_prefetch(product->weights + index * bytes + distance, _MM_HINT_T0);
    weights[o] = load_avx512(product->weights, type, index, mask);
  }
  for (int r = 0; r < rows; r++) {
    __m512 x = _mm512_maskz_loadu_ps(mask, product->input + r * product->input_stride + k);
    for (int o = 0; o < outputs; o++) sums[o][r] = _mm512_fmadd_ps(x, weights[o], sums[o][r]);
  }
}

// `outputs` outputs from `first` on; every sum has one vector of partial sums.
CK_AVX512 CK_INLINE void outputs_avx512(const FloatGemv *product, ptrdiff_t first, const int rows,
                                        const CKFloatType type, const int outputs) {
  const ptrdiff_t bytes = type == CKFloatType32 ? 4 : 2;
  const ptrdiff_t end = distance_at_end(product, bytes, outputs);
  __m512 sums[4][8];
  for (int o = 0; o < outputs; o++) {
    for (int r = 0; r < rows; r++) sums[o][r] = _mm512_setzero_ps();
  }
  ptrdiff_t k = 0, own = own_inputs(product, bytes, outputs);
  const ptrdiff_t whole = product->count & ~(ptrdiff_t)15;
  for (; k < own; k += 16) {
    step_avx512(product, first, k, 0xffff, ahead_bytes(outputs), rows, type, outputs, sums);
  }
  for (; k < whole; k += 16) step_avx512(product, first, k, 0xffff, end, rows, type, outputs, sums);
  if (k < product->count) {
    step_avx512(product, first, k, elements_avx512(product->count - k), end, rows, type, outputs,
                sums);
  }
  for (int o = 0; o < outputs; o++) {
    float bias = product->bias ? product->bias[first + o] : 0;
    for (int r = 0; r < rows; r++) {
      product->output[r * product->output_stride + first + o] =
          _mm512_reduce_add_ps(sums[o][r]) + bias;
    }
  }
}

CK_AVX512 CK_INLINE void rows_avx512(const FloatGemv *product, ptrdiff_t outputs, const int rows,
                                     const CKFloatType type) {
  const int together = rows == 1 ? 1 : rows <= 4 ? 4 : 3;
  ptrdiff_t o = 0;
  for (; o + together <= outputs; o += together) {
    outputs_avx512(product, o, rows, type, together);
  }
  for (; o < outputs; o++) outputs_avx512(product, o, rows, type, 1);
}

#define ROWS_AVX512(R)                                                                             \
  CK_AVX512 static void rows##R##_avx512(const FloatGemv *product, CKFloatType type,               \
                                         ptrdiff_t outputs) {                                      \
    switch (type) {                                                                                \
    case CKFloatType32: rows_avx512(product, outputs, R, CKFloatType32); return;                   \
    case CKFloatType16: rows_avx512(product, outputs, R, CKFloatType16); return;                   \
    case CKFloatTypeBrain16: rows_avx512(product, outputs, R, CKFloatTypeBrain16); return;         \
    }                                                                                              \
  }
ROWS_AVX512(1)
ROWS_AVX512(2)
ROWS_AVX512(3)
ROWS_AVX512(4)
ROWS_AVX512(5)
ROWS_AVX512(6)
ROWS_AVX512(7)
ROWS_AVX512(8)

static void gemv(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const void *weights,
                 CKFloatType type, ptrdiff_t weight_stride, ptrdiff_t outputs, ptrdiff_t count,
                 const float *bias, float *output, ptrdiff_t output_stride) {
  FloatGemv product = {input, input_stride, weights, weight_stride,
                       count, bias,         output,  output_stride};
  static void (*const products[CK_GEMV_ROWS])(const FloatGemv *, CKFloatType, ptrdiff_t) = {
      rows1_avx512, rows2_avx512, rows3_avx512, rows4_avx512,
      rows5_avx512, rows6_avx512, rows7_avx512, rows8_avx512};
  if (rows > 0) products[rows - 1](&product, type, outputs);
}

void ck_fill_gemv_avx512(CKKernels *kernels) { kernels->gemv = gemv; }

#endif
