// output = Σ softmax(query · keys / √width)[p] · values[p]
#include <math.h>

#include "attention/cache_codes.h"
#include "attention/layout.h"

static float key(const CKAttention *attention, ptrdiff_t position, ptrdiff_t i) {
  const float *keys = attention->keys;
  ptrdiff_t width = attention->width;
  if (attention->key_scales) {
    const int16_t *codes = attention->keys;
    return (float)codes[key_code_index(position, i, width)] * attention->key_scales[position];
  }
  if (attention->position_stride > 0) return keys[position * attention->position_stride + i];
  return keys[position / CK_KEY_BLOCK * CK_KEY_BLOCK * width + position % CK_KEY_BLOCK +
              i * CK_KEY_BLOCK];
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

// Floats of working memory for many queries, in tiles of `rows` whose numbers stand `step` apart.
static ptrdiff_t many_floats(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t rows, ptrdiff_t step) {
  ptrdiff_t padded = round_up(width, 16), tiles = (queries + rows - 1) / rows;
  // Per query: itself, its sums, the largest score, the sum of weights and a scale; then a block of
  // keys, with scales and what integer sums begin with, and of values with theirs, and the keys'
  // mean.
  return tiles * (step * width + rows * padded + 3 * step) +
         CK_SCORE_BLOCK * (width + 2 + round_up(padded, 32)) + 2 * padded;
}

ptrdiff_t ck_attention_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions) {
  ptrdiff_t avx512 = many_floats(queries, width, CK_SCORE_ROWS, CK_QUERY_STEP);
  ptrdiff_t avx2 = many_floats(queries, width, CK_TILE_ROWS_AVX2, CK_QUERY_STEP_AVX2);
  // Few queries and a block of their scores; the portable kernel has all scores of one query.
  ptrdiff_t few = CK_QUERY_STEP * width + CK_FEW_HEADS * CK_SCORE_BLOCK + positions;
  return ((avx512 > avx2 ? avx512 : avx2) + few) * (ptrdiff_t)sizeof(float);
}

void ck_attend(const CKAttention *attention, float *scratch, CKInstructionSet set) {
#if CK_X86
  const bool is_few =
      attention->rows == 1 && attention->position_stride == 0 && attention->width % 16 == 0;
  if (set == CKInstructionSetAVX512VNNI) {
    return is_few ? attend_few_avx512(attention, scratch) : attend_many_avx512(attention, scratch);
  }
  if (set == CKInstructionSetAVXVNNI) {
    return is_few ? attend_few_avxvnni(attention, scratch)
                  : attend_many_avxvnni(attention, scratch);
  }
  if (set == CKInstructionSetAVX2) {
    return is_few ? attend_few_avx2(attention, scratch) : attend_many_avx2(attention, scratch);
  }
#endif
  (void)set;
  attend_scalar(attention, scratch);
}
