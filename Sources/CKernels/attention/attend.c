// output = Σ softmax(query · keys / √width)[p] · values[p]
//
// Some queries together, so that the compiler makes vectors of them. Each has the bits that it would
// have alone.
#include <math.h>

#include "attention/cache_codes.h"
#include "attention/layout.h"
#include "common/fill.h"

enum { QUERIES = 16 };

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

// scores[q] = query q · the key of a position · scale
static void score(const CKAttention *attention, ptrdiff_t position, const float *restrict queries,
                  float scale, float *restrict scores) {
  float sums[QUERIES] = {0};
  for (ptrdiff_t i = 0; i < attention->width; i++) {
    const float x = key(attention, position, i);
    for (int q = 0; q < QUERIES; q++) sums[q] += queries[i * QUERIES + q] * x;
  }
  for (int q = 0; q < QUERIES; q++) scores[q] = sums[q] * scale;
}

// Turns a query's scores, `QUERIES` apart, into exponentials, 0 from `visible` to `positions`;
// returns their sum.
static float exponentials(float *scores, ptrdiff_t visible, ptrdiff_t positions) {
  float largest = -INFINITY, sum = 0;
  for (ptrdiff_t p = 0; p < visible; p++) {
    if (scores[p * QUERIES] > largest) largest = scores[p * QUERIES];
  }
  for (ptrdiff_t p = 0; p < visible; p++) {
    scores[p * QUERIES] = expf(scores[p * QUERIES] - largest);
    sum += scores[p * QUERIES];
  }
  for (ptrdiff_t p = visible; p < positions; p++) scores[p * QUERIES] = 0;
  return sum;
}

// outputs[i][q] += weights[q] · the value of a position
static void add_value(const CKAttention *attention, ptrdiff_t position,
                      const float *restrict weights, float *restrict outputs) {
  for (ptrdiff_t i = 0; i < attention->width; i++) {
    const float x = value(attention, position, i);
    for (int q = 0; q < QUERIES; q++) outputs[i * QUERIES + q] += weights[q] * x;
  }
}

// At most `QUERIES` queries from `first` on.
static void attend_queries(const CKAttention *attention, ptrdiff_t first, int count,
                           float *scratch) {
  const ptrdiff_t width = attention->width, heads = attention->heads;
  const float scale = 1 / sqrtf((float)width);
  // [width][QUERIES], and weights [positions][QUERIES].
  float *queries = scratch, *outputs = queries + width * QUERIES,
        *weights = outputs + width * QUERIES;
  for (ptrdiff_t i = 0; i < width * QUERIES; i++) queries[i] = outputs[i] = 0;
  for (int q = 0; q < count; q++) {
    const float *query = query_pointer(attention, first + q);
    for (ptrdiff_t i = 0; i < width; i++) queries[i * QUERIES + q] = query[i];
  }
  const ptrdiff_t positions = visible_positions(attention, (first + count - 1) / heads);
  for (ptrdiff_t p = 0; p < positions; p++) {
    score(attention, p, queries, scale, weights + p * QUERIES);
  }
  float sums[QUERIES];
  for (int q = 0; q < count; q++) {
    sums[q] =
        exponentials(weights + q, visible_positions(attention, (first + q) / heads), positions);
  }
  for (ptrdiff_t p = 0; p < positions; p++) {
    add_value(attention, p, weights + p * QUERIES, outputs);
  }
  for (int q = 0; q < count; q++) {
    float *output = output_pointer(attention, first + q);
    for (ptrdiff_t i = 0; i < width; i++) output[i] = outputs[i * QUERIES + q] / sums[q];
  }
}

static void attend(const CKAttention *attention, float *scratch) {
  const ptrdiff_t queries = attention->rows * attention->heads;
  for (ptrdiff_t first = 0; first < queries; first += QUERIES) {
    const ptrdiff_t left = queries - first;
    attend_queries(attention, first, left < QUERIES ? (int)left : QUERIES, scratch);
  }
}

static ptrdiff_t attend_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions) {
  (void)queries;
  return (2 * width + positions) * QUERIES * (ptrdiff_t)sizeof(float);
}

void ck_fill_attend(CKKernels *kernels) {
  kernels->attend_row = attend;
  kernels->attend_rows = attend;
  kernels->attention_scratch_bytes = attend_scratch_bytes;
}

void ck_attend(const CKKernels *kernels, const CKAttention *attention, float *scratch) {
  const bool is_row =
      attention->rows == 1 && attention->position_stride == 0 && attention->width % 16 == 0;
  if (is_row) return kernels->attend_row(attention, scratch);
  kernels->attend_rows(attention, scratch);
}
