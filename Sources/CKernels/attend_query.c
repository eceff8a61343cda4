/* output = Σ softmax(scale · query · keys)[p] · values[p] for one query. */
#include <math.h>

#include "float_convert.h"
#include "include/attention.h"
#include "include/rotary.h"

static void attend_query_scalar(const float *query, ptrdiff_t width, const void *keys,
                                const void *values, CKFloatType type, ptrdiff_t count,
                                float scale, float *scores, float *output) {
  float largest = -INFINITY;
  for (ptrdiff_t p = 0; p < count; p++) {
    ptrdiff_t first = p / CK_KEY_BLOCK * CK_KEY_BLOCK * width + p % CK_KEY_BLOCK;
    float score = 0;
    for (ptrdiff_t i = 0; i < width; i++) {
      score += query[i] * load_float(keys, type, first + i * CK_KEY_BLOCK);
    }
    scores[p] = score * scale;
    if (scores[p] > largest) largest = scores[p];
  }
  float sum = 0;
  for (ptrdiff_t i = 0; i < width; i++) output[i] = 0;
  for (ptrdiff_t p = 0; p < count; p++) {
    float weight = expf(scores[p] - largest);
    sum += weight;
    for (ptrdiff_t i = 0; i < width; i++) {
      output[i] += weight * load_float(values, type, p * width + i);
    }
  }
  for (ptrdiff_t i = 0; i < width; i++) output[i] /= sum;
}

void ck_attend_query(const float *query, ptrdiff_t width, const void *keys, const void *values,
                     CKFloatType type, ptrdiff_t count, float scale, float *scores, float *output,
                     CKInstructionSet set) {
  (void)set;
  attend_query_scalar(query, width, keys, values, type, count, scale, scores, output);
}
