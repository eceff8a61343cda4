// From estimates of logits to logits, and to the largest of them.
//
// Finding the largest reads estimates and scales, 8 bytes an output that are still in the cache,
// and a few hundred rows of low halves: a hundredth of a token's time.
// (benchmarks/notes/screening.md)
#include <math.h>

#include "common/fill.h"
#include "quantized/screened_format.h"

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

#define TARGET
#define LOW_PART low_part_scalar
#define dot dot_scalar
#define half float_from_half
#include "quantized/low_part.h"

void ck_fill_screen(CKKernels *kernels) { kernels->low_part = low_part_scalar; }

void ck_complete_logits(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                        CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                        float *estimates) {
  for (ptrdiff_t output = first; output < last; output++)
    estimates[output] += kernels->low_part(input, row, weights, output);
}

// The output with the largest estimate; `first` where all are NaN.
static ptrdiff_t largest_estimate(const float *estimates, ptrdiff_t first, ptrdiff_t last) {
  enum { COUNT = 16 };
  float largests[COUNT], largest = -INFINITY;
  for (int i = 0; i < COUNT; i++) largests[i] = -INFINITY;
  ptrdiff_t output = first;
  for (; output + COUNT <= last; output += COUNT)
    for (int i = 0; i < COUNT; i++) {
      float estimate = estimates[output + i];
      largests[i] = estimate > largests[i] ? estimate : largests[i];
    }
  for (; output < last; output++)
    largest = estimates[output] > largest ? estimates[output] : largest;
  for (int i = 0; i < COUNT; i++) largest = largests[i] > largest ? largests[i] : largest;
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

CKLargest ck_largest_logit(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                           CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                           const float *estimates, float reach) {
  enum { CHUNK = 64 };
  CKLargest best = {largest_estimate(estimates, first, last), 0};
  // Outputs that must not be chosen are −infinity; where all are, there is nothing to read.
  if (estimates[best.output] == -INFINITY) return (CKLargest){best.output, -INFINITY};
  best.logit = estimates[best.output] + kernels->low_part(input, row, weights, best.output);
  for (ptrdiff_t chunk = first; chunk < last; chunk += CHUNK) {
    ptrdiff_t end = last - chunk < CHUNK ? last : chunk + CHUNK;
    const float *scales = weights.scales;
    if (!may_reach(estimates + chunk, scales + chunk, end - chunk, reach, best.logit)) continue;
    for (ptrdiff_t output = chunk; output < end; output++) {
      if (!may_reach(estimates + output, scales + output, 1, reach, best.logit)) continue;
      float logit = estimates[output] + kernels->low_part(input, row, weights, output);
      int is_first_number = best.logit != best.logit && logit == logit;
      if (logit > best.logit || (logit == best.logit && output < best.output) || is_first_number)
        best = (CKLargest){output, logit};
    }
  }
  return best;
}

void ck_complete_reaching_logits(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                                 CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                                 float *estimates, float reach, float limit) {
  enum { CHUNK = 64 };
  const float *scales = weights.scales;
  for (ptrdiff_t chunk = first; chunk < last; chunk += CHUNK) {
    ptrdiff_t end = last - chunk < CHUNK ? last : chunk + CHUNK;
    int any = may_reach(estimates + chunk, scales + chunk, end - chunk, reach, limit);
    for (ptrdiff_t output = chunk; output < end; output++) {
      if (any && may_reach(estimates + output, scales + output, 1, reach, limit))
        estimates[output] += kernels->low_part(input, row, weights, output);
      else
        estimates[output] = -INFINITY;
    }
  }
}

float ck_smallest_logit(const CKKernels *kernels, CKQuantizedRows input, ptrdiff_t row,
                        CKScreenedWeights weights, ptrdiff_t first, ptrdiff_t last,
                        const float *estimates, float limit) {
  float smallest = INFINITY;
  for (ptrdiff_t output = first; output < last; output++) {
    if (!(estimates[output] >= limit)) continue;
    float logit = estimates[output] + kernels->low_part(input, row, weights, output);
    if (!(logit >= smallest)) smallest = logit == logit ? logit : -INFINITY;
  }
  return smallest;
}
