#include <math.h>

#include "common/x86/vector_avx2.h"
#include "quantized/screened_format.h"

// From estimates of logits to logits, and to the largest of them.
//
// Finding the largest reads estimates and scales, 8 bytes an output that are still in the cache,
// and a few hundred rows of low halves: 0.13 ms on each of two cores for 151,674 outputs of 896
// inputs, a hundredth of the token (Cascade Lake).

void ck_screen_input(CKQuantizedRows input, float *sums, float *reaches) {
  const double deviations = 10, variance = 85.0 / 4;
  for (ptrdiff_t row = 0; row < input.rows; row++) {
    double power = 0;
    for (ptrdiff_t group = 0; group < input.groups; group++) {
      ptrdiff_t item = group * input.rows + row;
      const int8_t *codes = input.codes + item * CK_GROUP_INPUTS;
      int dithered = 0, squares = 0;
      for (int i = 0; i < CK_GROUP_INPUTS; i++) {
        dithered += codes[i] * column_dither(group * CK_GROUP_INPUTS + i);
        squares += codes[i] * codes[i];
      }
      sums[item] = ((CK_SCREENED_ZERO - 7.5f) * input.sums[item] + (float)dithered) / 16;
      double scale = input.scales[item];
      power += scale * scale * squares;
    }
    // A thousandth more than the formula, for the rounding of everything that is compared.
    reaches[row] = (float)(1.001 * deviations * sqrt(variance * power));
  }
}

// Σ low · code of a group of 128 inputs.
static int32_t dot_scalar(const uint8_t *low, const int8_t *codes) {
  int32_t sum = 0;
  for (int j = 0; j < CK_LOW_BYTES; j++)
    sum += (low[j] & 15) * codes[j] + (low[j] >> 4) * codes[CK_LOW_BYTES + j];
  return sum;
}

#if CK_X86

CK_AVX2 static int32_t dot_avx2(const uint8_t *low, const int8_t *codes) {
  const __m256i mask = _mm256_set1_epi8(15);
  // At most 4 · 2 · 15 · 127 in 16 bits.
  __m256i pairs = _mm256_setzero_si256();
  for (int j = 0; j < CK_LOW_BYTES; j += 32) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(low + j));
    __m256i first = _mm256_loadu_si256((const __m256i *)(codes + j));
    __m256i second = _mm256_loadu_si256((const __m256i *)(codes + CK_LOW_BYTES + j));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), mask);
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(_mm256_and_si256(bytes, mask), first));
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(high, second));
  }
  return sum_of_lanes_avx2(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

CK_AVX512 static int32_t dot_avx512(const uint8_t *low, const int8_t *codes) {
  const __m512i mask = _mm512_set1_epi8(15);
  __m512i bytes = _mm512_loadu_si512(low);
  __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), mask);
  __m512i sums = _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_and_si512(bytes, mask),
                                     _mm512_loadu_si512(codes));
  sums = _mm512_dpbusd_epi32(sums, high, _mm512_loadu_si512(codes + CK_LOW_BYTES));
  return _mm512_reduce_add_epi32(sums);
}

#endif

static int32_t dot(const uint8_t *low, const int8_t *codes, CKInstructionSet set) {
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) return dot_avx512(low, codes);
  if (set >= CKInstructionSetAVX2) return dot_avx2(low, codes);
#endif
  (void)set;
  return dot_scalar(low, codes);
}

// What the low halves add to an estimate.
static float low_part(CKQuantizedRows input, ptrdiff_t row, CKScreenedWeights weights,
                      ptrdiff_t output, CKInstructionSet set) {
  const char *constants = (const char *)weights.high + CK_BLOCK_BYTES_4 - 64 +
                          output / CK_PANEL_OUTPUTS * input.groups * CK_BLOCK_BYTES_4 +
                          output % CK_PANEL_OUTPUTS * 2;
  const uint8_t *low = weights.low + output * input.groups * CK_LOW_BYTES;
  float total = 0;
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    ptrdiff_t item = group * input.rows + row;
    uint16_t half;
    memcpy(&half, constants + group * CK_BLOCK_BYTES_4, sizeof half);
    int32_t sum = dot(low + group * CK_LOW_BYTES, input.codes + item * CK_GROUP_INPUTS, set);
    total +=
        ((float)sum - 7.5f * input.sums[item]) * (float_from_half(half) / 16 * input.scales[item]);
  }
  return total;
}

void ck_complete_logits(CKQuantizedRows input, ptrdiff_t row, CKScreenedWeights weights,
                        ptrdiff_t first, ptrdiff_t last, float *estimates, CKInstructionSet set) {
  for (ptrdiff_t output = first; output < last; output++)
    estimates[output] += low_part(input, row, weights, output, set);
}

// The output with the largest estimate; `first` where all are NaN.
static ptrdiff_t largest_estimate(const float *estimates, ptrdiff_t first, ptrdiff_t last) {
  enum { LANES = 16 };
  float lanes[LANES], largest = -INFINITY;
  for (int lane = 0; lane < LANES; lane++) lanes[lane] = -INFINITY;
  ptrdiff_t output = first;
  for (; output + LANES <= last; output += LANES)
    for (int lane = 0; lane < LANES; lane++) {
      float estimate = estimates[output + lane];
      lanes[lane] = estimate > lanes[lane] ? estimate : lanes[lane];
    }
  for (; output < last; output++)
    largest = estimates[output] > largest ? estimates[output] : largest;
  for (int lane = 0; lane < LANES; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
  for (output = first; output < last; output++)
    if (estimates[output] == largest) return output;
  return first;
}

// Whether one of `count` logits may be `limit` or more.
static int may_reach(const float *estimates, const float *scales, ptrdiff_t count, float reach,
                     float limit) {
  int any = 0;
  for (ptrdiff_t i = 0; i < count; i++) any |= !(estimates[i] + scales[i] * reach < limit);
  return any;
}

CKLargest ck_largest_logit(CKQuantizedRows input, ptrdiff_t row, CKScreenedWeights weights,
                           ptrdiff_t first, ptrdiff_t last, const float *estimates, float reach,
                           CKInstructionSet set) {
  enum { BLOCK = 64 };
  CKLargest best = {largest_estimate(estimates, first, last), 0};
  best.logit = estimates[best.output] + low_part(input, row, weights, best.output, set);
  for (ptrdiff_t block = first; block < last; block += BLOCK) {
    ptrdiff_t end = last - block < BLOCK ? last : block + BLOCK;
    const float *scales = weights.scales;
    if (!may_reach(estimates + block, scales + block, end - block, reach, best.logit)) continue;
    for (ptrdiff_t output = block; output < end; output++) {
      if (!may_reach(estimates + output, scales + output, 1, reach, best.logit)) continue;
      float logit = estimates[output] + low_part(input, row, weights, output, set);
      int is_first_number = best.logit != best.logit && logit == logit;
      if (logit > best.logit || (logit == best.logit && output < best.output) || is_first_number)
        best = (CKLargest){output, logit};
    }
  }
  return best;
}
