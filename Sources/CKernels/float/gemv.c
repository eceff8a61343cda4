// output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o]) for few rows.
//
// Roofline. A weight of b bytes is read once from memory, at 5.6 bytes a cycle and core: 16 of them
// take 5.7 cycles in 16 bits. In that time they are widened (2 operations) and multiplied with up
// to 8 rows (8 operations, two a cycle), so memory binds. With several rows, four outputs, or three
// from 5 rows on, share each vector of inputs: that hides the latency of the multiply-adds, and 8
// rows come from L2 (512 bytes for 16 inputs), which binds with fewer. Nothing in the loop depends
// on where a row ends: masks for its last inputs in every iteration made 125 instructions of 48
// with eight rows, whose sums were moved between registers and memory.
//
// With AVX-512 and one row nothing is shared, and outputs are computed one by one: a core reads
// memory from one end to the other, as where the limit is measured (machine_limits.c), and 16
// weights in 4 cycles, the latency of the sum, are more than arrive. On Zen 5, where two cores read
// 53 GB/s, that gives 49 to 54, and four rows of weights side by side gave 43 to 46.
//
// With AVX2 a sum has two vectors, and 2 rows and 3 outputs at a time, or 3 and 2, make a register
// tile of 12 sums. The outputs are a third, or half, of all apart, so that weights are as many
// streams of memory (why: gemv_avx2.c). On two cores of Zen 3, bf16, in turn: two streams instead
// of one gave one row 19 to 22 instead of 14 to 19 GB/s, and three give it 1 to 4 % more. Four rows
// are 9 to 16 % faster as two pairs than as three and one; three would be 16 to 18 % slower as a
// pair and one. Eight rows need 16 cycles for 64 bytes of weights and take 19 to 21 from L2 when
// alone, 27 to 33 beside a busy neighbour.
//
// Of the two ports that multiply and add there, one is also one of the two that widen and shift.
// From L1, 3 rows and 2 outputs do 78 GFLOPS of 104 with weights that are widened and shifted, and
// 89 when one instruction brings their bytes into place.
#include "common/float_convert.h"
#include "common/sum.h"
#include "common/x86/vector_avx2.h"
#include "common/x86/vector_avx512.h"
#include "include/panels.h"

typedef struct {
  const float *input;
  ptrdiff_t input_stride;
  const char *weights;
  ptrdiff_t weight_stride;
  ptrdiff_t count;
  const float *bias;
  float *output;
  ptrdiff_t output_stride;
} Product;

static void multiply_rows_scalar(const Product *product, ptrdiff_t rows, CKFloatType type,
                                 ptrdiff_t outputs) {
  for (ptrdiff_t o = 0; o < outputs; o++) {
    ptrdiff_t first = o * product->weight_stride;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float *x = product->input + r * product->input_stride;
      float sums[CK_SUMS] = {0};
      ptrdiff_t k = 0;
      for (; k + CK_SUMS <= product->count; k += CK_SUMS) {
        for (ptrdiff_t i = 0; i < CK_SUMS; i++) {
          sums[i] += x[k + i] * load_float(product->weights, type, first + k + i);
        }
      }
      for (ptrdiff_t i = 0; k + i < product->count; i++) {
        sums[i] += x[k + i] * load_float(product->weights, type, first + k + i);
      }
      product->output[r * product->output_stride + o] =
          add_partial_sums(sums) + (product->bias ? product->bias[o] : 0);
    }
  }
}

#if CK_X86

// How far ahead memory is asked for, in each of `outputs` rows of weights. (Of four, on Cascade
// Lake, 4096 gave 75 % of the bandwidth where 1024 gave 98 %; of one, on Zen 5, 1024 gave 43 to 51
// GB/s.)
CK_INLINE ptrdiff_t ahead_bytes(int outputs) { return outputs == 1 ? 4096 : 1024; }

// Up to this input, what is read `ahead_bytes` later belongs to the same row of weights.
CK_INLINE ptrdiff_t own_inputs(const Product *product, ptrdiff_t bytes, int outputs) {
  ptrdiff_t count = product->count - ahead_bytes(outputs) / bytes;
  return count < 0 ? 0 : count;
}

// The distance to what is read `ahead_bytes` later near the end of `outputs` rows of weights, where
// the next ones begin. (Without: 65 % of the bandwidth on rows of 1,792 bytes.)
CK_INLINE ptrdiff_t distance_at_end(const Product *product, ptrdiff_t bytes, int outputs) {
  return ahead_bytes(outputs) + (outputs - 1) * product->weight_stride * bytes;
}

// Adds the products of 16 inputs from `k` on; memory is asked for `distance` ahead.
CK_AVX512 CK_INLINE void step_avx512(const Product *product, ptrdiff_t first, ptrdiff_t k,
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
CK_AVX512 CK_INLINE void outputs_avx512(const Product *product, ptrdiff_t first, const int rows,
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
    step_avx512(product, first, k, lanes_avx512(product->count - k), end, rows, type, outputs,
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

CK_AVX512 CK_INLINE void rows_avx512(const Product *product, ptrdiff_t outputs, const int rows,
                                     const CKFloatType type) {
  const int together = rows == 1 ? 1 : rows <= 4 ? 4 : 3;
  ptrdiff_t o = 0;
  for (; o + together <= outputs; o += together) {
    outputs_avx512(product, o, rows, type, together);
  }
  for (; o < outputs; o++) outputs_avx512(product, o, rows, type, 1);
}

#define ROWS_AVX512(R)                                                                             \
  CK_AVX512 static void rows##R##_avx512(const Product *product, CKFloatType type,                 \
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

// With AVX2. (Asking for memory further ahead, 2 to 16 KB: one row reads 4 to 10 % slower on Zen
// 3.)
enum { MOST_ROWS_AVX2 = 3, MOST_OUTPUTS_AVX2 = 3, AHEAD_BYTES_AVX2 = 1024 };

// For a register that holds eight bfloat16 twice: which bytes make them eight float32.
CK_AVX2 CK_INLINE __m256i brain_places(void) {
  __m256i places = _mm256_setr_epi8(-1, -1, 0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7, -1, -1,
                                    8, 9, -1, -1, 10, 11, -1, -1, 12, 13, -1, -1, 14, 15);
  __asm__("" : "+x"(places)); /* The compiler, if it knew them, would widen and shift. */
  return places;
}

// Eight weights of an output from input `k` on, widened.
CK_AVX2 CK_INLINE __m256 weights_avx2(const Product *product, ptrdiff_t output, ptrdiff_t k,
                                      const CKFloatType type, __m256i places, const bool asks) {
  const char *weights =
      product->weights + (output * product->weight_stride + k) * (type == CKFloatType32 ? 4 : 2);
  if (asks) _mm_prefetch(weights + AHEAD_BYTES_AVX2, _MM_HINT_T0);
  if (type != CKFloatTypeBrain16) return load_avx2(weights, type, 0);
  __m256i twice = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)weights));
  return _mm256_castsi256_ps(_mm256_shuffle_epi8(twice, places));
}

// Adds the products of 16 inputs from `k` on. Beside the sums, registers have inputs of all rows
// and weights of one output, or, where rows are more than outputs, weights of all outputs and
// inputs of one row.
CK_AVX2 CK_INLINE void step_avx2(const Product *product, ptrdiff_t first, ptrdiff_t apart,
                                 ptrdiff_t k, const int rows, const int outputs,
                                 const CKFloatType type, __m256i places, const bool asks,
                                 __m256 sums[MOST_OUTPUTS_AVX2][MOST_ROWS_AVX2][2]) {
  for (int half = 0; half < 2; half++) {
    const ptrdiff_t i = k + 8 * half;
    const bool asks_here = asks && (half == 0 || type == CKFloatType32);
    __m256 x[MOST_ROWS_AVX2], weights[MOST_OUTPUTS_AVX2];
    if (rows > outputs) {
      for (int o = 0; o < outputs; o++) {
        weights[o] = weights_avx2(product, first + o * apart, i, type, places, asks_here);
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
      weights[o] = weights_avx2(product, first + o * apart, i, type, places, asks_here);
      for (int r = 0; r < rows; r++) {
        sums[o][r][half] = _mm256_fmadd_ps(x[r], weights[o], sums[o][r][half]);
        __asm__("" : "+x"(sums[o][r][half]) : : "memory"); /* Then the next weights. */
      }
    }
  }
}

// A register tile: outputs `first`, `first + apart`, … of all rows. Every sum has two vectors of
// partial sums, and the last inputs are added one by one.
CK_AVX2 CK_INLINE void tile_avx2(const Product *product, ptrdiff_t first, ptrdiff_t apart,
                                 const int rows, const int outputs, const CKFloatType type,
                                 const bool asks) {
  const __m256i places = brain_places();
  __m256 sums[MOST_OUTPUTS_AVX2][MOST_ROWS_AVX2][2];
  for (int o = 0; o < outputs; o++) {
    for (int r = 0; r < rows; r++) sums[o][r][0] = sums[o][r][1] = _mm256_setzero_ps();
  }
  ptrdiff_t k = 0;
  for (; k + 16 <= product->count; k += 16) {
    step_avx2(product, first, apart, k, rows, outputs, type, places, asks, sums);
  }
  for (int o = 0; o < outputs; o++) {
    for (int r = 0; r < rows; r++) {
      _Alignas(32) float parts[8];
      _mm256_store_ps(parts, _mm256_add_ps(sums[o][r][0], sums[o][r][1]));
      float sum = ((parts[0] + parts[4]) + (parts[1] + parts[5])) +
                  ((parts[2] + parts[6]) + (parts[3] + parts[7]));
      const float *x = product->input + r * product->input_stride;
      const ptrdiff_t output = first + o * apart;
      for (ptrdiff_t i = k; i < product->count; i++) {
        sum += x[i] * load_float(product->weights, type, output * product->weight_stride + i);
      }
      product->output[r * product->output_stride + output] =
          sum + (product->bias ? product->bias[output] : 0);
    }
  }
}

// The same with `asks` as a constant.
CK_AVX2 CK_INLINE void some_rows_avx2(const Product *product, ptrdiff_t first, ptrdiff_t apart,
                                      const int rows, const int outputs, const CKFloatType type,
                                      bool asks) {
  if (asks) {
    tile_avx2(product, first, apart, rows, outputs, type, true);
  } else {
    tile_avx2(product, first, apart, rows, outputs, type, false);
  }
}

// The tiles of any number of rows, `most` at a time. Only the first ask for memory: the others find
// the weights in a cache.
CK_AVX2 CK_INLINE void all_rows_avx2(Product product, ptrdiff_t rows, ptrdiff_t first,
                                     ptrdiff_t apart, const int most, const int outputs,
                                     const CKFloatType type) {
  for (bool asks = true; rows > 0; rows -= most, asks = false) {
    if (rows >= most) {
      some_rows_avx2(&product, first, apart, most, outputs, type, asks);
    } else if (rows == 2) {
      some_rows_avx2(&product, first, apart, 2, outputs, type, asks);
    } else {
      some_rows_avx2(&product, first, apart, 1, outputs, type, asks);
    }
    product.input += most * product.input_stride;
    product.output += most * product.output_stride;
  }
}

// All outputs, `together` of them at a time, which are as many streams of memory.
CK_AVX2 CK_INLINE void outputs_avx2(const Product *product, ptrdiff_t rows, ptrdiff_t outputs,
                                    const int most, const int together, const CKFloatType type) {
  const ptrdiff_t apart = outputs / together;
  for (ptrdiff_t o = 0; o < apart; o++) {
    all_rows_avx2(*product, rows, o, apart, most, together, type);
  }
  for (ptrdiff_t o = apart * together; o < outputs; o++) {
    all_rows_avx2(*product, rows, o, 0, most, 1, type);
  }
}

CK_AVX2 CK_INLINE void rows_avx2(const Product *product, ptrdiff_t rows, ptrdiff_t outputs,
                                 const CKFloatType type) {
  if (rows <= 2 || rows % 4 == 0) {
    outputs_avx2(product, rows, outputs, 2, 3, type);
  } else {
    outputs_avx2(product, rows, outputs, 3, 2, type);
  }
}

CK_AVX2 static void multiply_rows_avx2(const Product *product, ptrdiff_t rows, CKFloatType type,
                                       ptrdiff_t outputs) {
  switch (type) {
  case CKFloatType32: rows_avx2(product, rows, outputs, CKFloatType32); return;
  case CKFloatType16: rows_avx2(product, rows, outputs, CKFloatType16); return;
  case CKFloatTypeBrain16: rows_avx2(product, rows, outputs, CKFloatTypeBrain16); return;
  }
}

static void multiply_rows_avx512(const Product *product, ptrdiff_t rows, CKFloatType type,
                                 ptrdiff_t outputs) {
  static void (*const products[])(const Product *, CKFloatType, ptrdiff_t) = {
      rows1_avx512, rows2_avx512, rows3_avx512, rows4_avx512,
      rows5_avx512, rows6_avx512, rows7_avx512, rows8_avx512};
  if (rows > 0) products[rows - 1](product, type, outputs);
}

#endif

void ck_multiply_rows(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                      const void *weights, CKFloatType type, ptrdiff_t weight_stride,
                      ptrdiff_t outputs, ptrdiff_t count, const float *bias, float *output,
                      ptrdiff_t output_stride, CKInstructionSet set) {
  Product product = {input, input_stride, weights, weight_stride,
                     count, bias,         output,  output_stride};
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) {
    multiply_rows_avx512(&product, rows, type, outputs);
    return;
  }
  if (set >= CKInstructionSetAVX2) {
    multiply_rows_avx2(&product, rows, type, outputs);
    return;
  }
#endif
  (void)set;
  multiply_rows_scalar(&product, rows, type, outputs);
}
