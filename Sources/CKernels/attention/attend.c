// output = Σ softmax(query · keys / √width)[p] · values[p]
#include <math.h>

#include "attention/cache_codes.h"
#include "attention/layout.h"
#include "common/fill.h"

static float key(const CKAttention *attention, ptrdiff_t position, ptrdiff_t i) {
  const float *keys = attention->keys;
  ptrdiff_t width = attention->width;
  if (attention->key_scales) {
    const int16_t *codes = attention->keys;
    return (float)codes[key_code_index(position, i, width)] * attention->key_scales[position];
  }
  if (attention->position_stride > 0) return keys[position * attention->position_stride + i];
  return keys[position / CK_KEY_PANEL * CK_KEY_PANEL * width + position % CK_KEY_PANEL +
              i * CK_KEY_PANEL];
}

static float value(const CKAttention *attention, ptrdiff_t position, ptrdiff_t i) {
  const float *values = attention->values;
  if (attention->value_scales) {
    const int16_t *codes = attention->values;
    return (float)codes[value_code_index(position, i, attention->width)] *
           attention->value_scales[position];
  }
  return values[position * position_stride(attention) + i];
}

static void attend_query_scalar(const CKAttention *attention, ptrdiff_t visible, const float *query,
                                float *scores, float *output) {
  ptrdiff_t width = attention->width;
  float scale = 1 / sqrtf((float)width);
  float largest = -INFINITY;
  for (ptrdiff_t p = 0; p < visible; p++) {
    float score = 0;
    for (ptrdiff_t i = 0; i < width; i++) { score += query[i] * key(attention, p, i); }
    scores[p] = score * scale;
    if (scores[p] > largest) largest = scores[p];
  }
  float sum = 0;
  for (ptrdiff_t i = 0; i < width; i++) output[i] = 0;
  for (ptrdiff_t p = 0; p < visible; p++) {
    float weight = expf(scores[p] - largest);
    sum += weight;
    for (ptrdiff_t i = 0; i < width; i++) output[i] += weight * value(attention, p, i);
  }
  for (ptrdiff_t i = 0; i < width; i++) output[i] /= sum;
}

static void attend_scalar(const CKAttention *attention, float *scratch) {
  for (ptrdiff_t query = 0; query < attention->rows * attention->heads; query++) {
    attend_query_scalar(attention, visible_positions(attention, query / attention->heads),
                        query_pointer(attention, query), scratch, output_pointer(attention, query));
  }
}

static ptrdiff_t scalar_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions) {
  (void)queries, (void)width;
  return positions * (ptrdiff_t)sizeof(float);
}

void ck_fill_attend(CKKernels *kernels) {
  kernels->attend_row = attend_scalar;
  kernels->attend_rows = attend_scalar;
  kernels->attention_scratch_bytes = scalar_scratch_bytes;
}

void ck_attend(const CKKernels *kernels, const CKAttention *attention, float *scratch) {
  const bool is_row =
      attention->rows == 1 && attention->position_stride == 0 && attention->width % 16 == 0;
  if (is_row) return kernels->attend_row(attention, scratch);
  kernels->attend_rows(attention, scratch);
}
