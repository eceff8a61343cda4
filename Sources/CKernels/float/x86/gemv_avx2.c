// output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o]) for few rows, with AVX2.
//
// A microtile is 2 rows by 3 outputs, or 3 by 2: 12 sums, each with two vectors of partial sums.
// Its outputs are a third, or half, of all apart, so that weights are as many streams of memory.
// The last inputs are added one by one.
//
// Roofline. Memory binds up to 4 rows; 8 rows take 16 cycles of arithmetic for 64 bytes of weights.
// (benchmarks/notes/float.md)
#include <stdbool.h>

#include "common/float_convert.h"
#include "common/x86/fill.h"
#include "common/x86/vector_avx2.h"
#include "float/gemv.h"

#if CK_X86

// (Prefetching further ahead, 2 to 16 KB: one row reads 4 to 10 % slower on Zen 3.)
enum { MOST_ROWS_AVX2 = 3, MOST_OUTPUTS_AVX2 = 3, AHEAD_BYTES_AVX2 = 1024 };

// For a register that holds eight bfloat16 twice: which bytes make them eight float32.
CK_AVX2 CK_INLINE __m256i brain_places(void) {
  __m256i places = _mm256_setr_epi8(-1, -1, 0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7, -1, -1,
                                    8, 9, -1, -1, 10, 11, -1, -1, 12, 13, -1, -1, 14, 15);
  __asm__("" : "+x"(places));  // The compiler, if it knew them, would widen and shift.
  return places;
}

// Eight weights of an output from input `k` on, widened.
CK_AVX2 CK_INLINE __m256 weights_avx2(const FloatGemv *product, ptrdiff_t output, ptrdiff_t k,
                                      const CKFloatType type, __m256i places,
                                      const bool prefetches) {
  const char *weights =
      product->weights + (output * product->weight_stride + k) * (type == CKFloatType32 ? 4 : 2);
  if (prefetches) _mm_prefetch(weights + AHEAD_BYTES_AVX2, _MM_HINT_T0);
  if (type != CKFloatTypeBrain16) return load_avx2(weights, type, 0);
  __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)weights));
  return _mm256_castsi256_ps(_mm256_shuffle_epi8(twice, places));
}

// Adds the products of 16 inputs from `k` on. Beside the sums, registers have inputs of all rows
// and weights of one output, or, where rows are more than outputs, weights of all outputs and
// inputs of one row.
CK_AVX2 CK_INLINE void step_avx2(const FloatGemv *product, ptrdiff_t first, ptrdiff_t apart,
                                 ptrdiff_t k, const int rows, const int outputs,
                                 const CKFloatType type, __m256i places, const bool prefetches,
                                 __m256 sums[MOST_OUTPUTS_AVX2][MOST_ROWS_AVX2][2]) {
  for (int half = 0; half < 2; half++) {
    const ptrdiff_t i = k + 8 * half;
    const bool prefetches_here = prefetches && (half == 0 || type == CKFloatType32);
    __m256 x[MOST_ROWS_AVX2], weights[MOST_OUTPUTS_AVX2];
    if (rows > outputs) {
      for (int o = 0; o < outputs; o++) {
        weights[o] = weights_avx2(product, first + o * apart, i, type, places, prefetches_here);
      }
      for (int r = 0; r < rows; r++) {
        x[r] = _mm256_loadu_ps(product->input + r * product->input_stride + i);
        for (int o = 0; o < outputs; o++) {
          sums[o][r][half] = _mm256_fmadd_ps(x[r], weights[o], sums[o][r][half]);
        }
      }
      continue;
    }
    for (int r = 0; r < rows; r++) {
      x[r] = _mm256_loadu_ps(product->input + r * product->input_stride + i);
    }
    for (int o = 0; o < outputs; o++) {
      weights[o] = weights_avx2(product, first + o * apart, i, type, places, prefetches_here);
      for (int r = 0; r < rows; r++) {
        sums[o][r][half] = _mm256_fmadd_ps(x[r], weights[o], sums[o][r][half]);
        __asm__("" : "+x"(sums[o][r][half]) : : "memory");  // Then the next weights.
      }
    }
  }
}

// A row's sum and the products of the inputs from `k` on, one by one.
CK_AVX2 CK_OUTLINE float add_rest_avx2(const FloatGemv *product, float sum, const float *x,
                                       ptrdiff_t output, ptrdiff_t k, CKFloatType type) {
  for (; k < product->count; k++) {
    sum += x[k] * load_float(product->weights, type, output * product->weight_stride + k);
  }
  return sum;
}

// A microtile: outputs `first`, `first + apart`, … of all rows. Every sum has two vectors of
// partial sums, and the last inputs are added one by one.
CK_AVX2 CK_INLINE void microtile_avx2(const FloatGemv *product, ptrdiff_t first, ptrdiff_t apart,
                                      const int rows, const int outputs, const CKFloatType type,
                                      const bool prefetches) {
  const __m256i places = brain_places();
  __m256 sums[MOST_OUTPUTS_AVX2][MOST_ROWS_AVX2][2];
  for (int o = 0; o < outputs; o++) {
    for (int r = 0; r < rows; r++) sums[o][r][0] = sums[o][r][1] = _mm256_setzero_ps();
  }
  ptrdiff_t k = 0;
  for (; k + 16 <= product->count; k += 16) {
    step_avx2(product, first, apart, k, rows, outputs, type, places, prefetches, sums);
  }
  for (int o = 0; o < outputs; o++) {
    for (int r = 0; r < rows; r++) {
      _Alignas(32) float parts[8];
      _mm256_store_ps(parts, _mm256_add_ps(sums[o][r][0], sums[o][r][1]));
      float sum = ((parts[0] + parts[4]) + (parts[1] + parts[5])) +
                  ((parts[2] + parts[6]) + (parts[3] + parts[7]));
      const float *x = product->input + r * product->input_stride;
      const ptrdiff_t output = first + o * apart;
      if (k < product->count) sum = add_rest_avx2(product, sum, x, output, k, type);
      product->output[r * product->output_stride + output] =
          sum + (product->bias ? product->bias[output] : 0);
    }
  }
}

// The same with `prefetches` as a constant.
CK_AVX2 CK_INLINE void some_rows_avx2(const FloatGemv *product, ptrdiff_t first, ptrdiff_t apart,
                                      const int rows, const int outputs, const CKFloatType type,
                                      bool prefetches) {
  if (prefetches) {
    microtile_avx2(product, first, apart, rows, outputs, type, true);
  } else {
    microtile_avx2(product, first, apart, rows, outputs, type, false);
  }
}

// The microtiles of any number of rows, `most` at a time. Only the first ones prefetch: the others
// find the weights in a cache.
CK_AVX2 CK_INLINE void all_rows_avx2(FloatGemv product, ptrdiff_t rows, ptrdiff_t first,
                                     ptrdiff_t apart, const int most, const int outputs,
                                     const CKFloatType type) {
  for (bool prefetches = true; rows > 0; rows -= most, prefetches = false) {
    if (rows >= most) {
      some_rows_avx2(&product, first, apart, most, outputs, type, prefetches);
    } else if (rows == 2) {
      some_rows_avx2(&product, first, apart, 2, outputs, type, prefetches);
    } else {
      some_rows_avx2(&product, first, apart, 1, outputs, type, prefetches);
    }
    product.input += most * product.input_stride;
    product.output += most * product.output_stride;
  }
}

// All outputs, `together` of them at a time, which are as many streams of memory.
CK_AVX2 CK_INLINE void outputs_avx2(const FloatGemv *product, ptrdiff_t rows, ptrdiff_t outputs,
                                    const int most, const int together, const CKFloatType type) {
  const ptrdiff_t apart = outputs / together;
  for (ptrdiff_t o = 0; o < apart; o++) {
    all_rows_avx2(*product, rows, o, apart, most, together, type);
  }
  for (ptrdiff_t o = apart * together; o < outputs; o++) {
    all_rows_avx2(*product, rows, o, 0, most, 1, type);
  }
}

CK_AVX2 CK_INLINE void rows_avx2(const FloatGemv *product, ptrdiff_t rows, ptrdiff_t outputs,
                                 const CKFloatType type) {
  if (rows <= 2 || rows % 4 == 0) {
    outputs_avx2(product, rows, outputs, 2, 3, type);
  } else {
    outputs_avx2(product, rows, outputs, 3, 2, type);
  }
}

CK_AVX2 static void multiply_rows_avx2(const FloatGemv *product, ptrdiff_t rows, CKFloatType type,
                                       ptrdiff_t outputs) {
  switch (type) {
  case CKFloatType32: rows_avx2(product, rows, outputs, CKFloatType32); return;
  case CKFloatType16: rows_avx2(product, rows, outputs, CKFloatType16); return;
  case CKFloatTypeBrain16: rows_avx2(product, rows, outputs, CKFloatTypeBrain16); return;
  }
}

static void gemv(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, const void *weights,
                 CKFloatType type, ptrdiff_t weight_stride, ptrdiff_t outputs, ptrdiff_t count,
                 const float *bias, float *output, ptrdiff_t output_stride) {
  FloatGemv product = {input, input_stride, weights, weight_stride,
                       count, bias,         output,  output_stride};
  multiply_rows_avx2(&product, rows, type, outputs);
}

void ck_fill_gemv_avx2(CKKernels *kernels) { kernels->gemv = gemv; }

#endif
