// Attention of one row: how chunks of positions follow one another, what becomes of their scores,
// and how heads are taken together. A template, for files that define
//
// clang-format off
//   TARGET        the instruction set, as an attribute
//   RowWork       `queries` [width][QUERY_STEP], scaled, and `scores`
//   QUERY_STEP    how far apart the elements of a query are, at least CK_ROW_HEADS
//   quantize_queries(&work, width)
//                 makes pairs of codes of the queries
//   make_scores(attention, &work, first, count, heads, codes)
//                 scores of `count` positions, of a cache of codes or of float32
//   power_of_two(x)
//   largest_score(scores, count)
//   row_exponentials(scores, count, largest)
//                 replaces scores, less the largest, by exponentials; returns their sum
//   scaled_exponentials(scores, count, largest, value_scales, &sum)
//                 the same times the scales of values, and returns the sum of those; the
//                 exponentials alone are added to `sum`
//   weight_codes(weights, count, factor)
//                 turns weights, times a factor, into pairs of codes
//   add_values(attention, weights, seen, first, count, heads, codes)
//                 adds weighted values to the outputs
// clang-format on
//
// before they include it. It defines `attend_row`.

// Replaces a chunk's `count` scores by weights; with `value_scales` these are codes that include
// the scales of their values.
TARGET CK_OUTLINE void make_weights(float *scores, ptrdiff_t count, const float *value_scales,
                                    CKHead *head) {
  float here = largest_score(scores, count);
  float largest = here > head->largest ? here : head->largest;
  head->factor = power_of_two(head->largest - largest);
  head->largest = largest;
  head->weights *= head->factor;
  if (!value_scales) {
    head->weights += row_exponentials(scores, count, largest);
    return;
  }
  float total = scaled_exponentials(scores, count, largest, value_scales, &head->weights);
  head->code_scale = total / CK_WEIGHT_CODES;
  weight_codes(scores, count, total > 1e-30f ? CK_WEIGHT_CODES / total : 0);
}

// The chunk of `count` positions from `first` on.
TARGET CK_INLINE void attend_chunk(const CKAttention *attention, const RowWork *work, CKHead *seen,
                                   ptrdiff_t first, ptrdiff_t count, const int heads,
                                   const bool codes) {
  const float *value_scales = codes ? attention->value_scales + first : NULL;
  make_scores(attention, work, first, count, heads, codes);
  for (int h = 0; h < heads; h++) {
    make_weights(work->scores + h * CK_SCORE_CHUNK, count, value_scales, &seen[h]);
  }
  add_values(attention, work->scores, seen, first, count, heads, codes);
}

TARGET CK_INLINE void attend_heads(const CKAttention *attention, float *scratch, const int heads,
                                   const bool codes) {
  ptrdiff_t width = attention->width;
  RowWork work = {.queries = scratch, .scores = scratch + QUERY_STEP * width};
  CKHead seen[CK_ROW_HEADS];
  const float scale = 1.44269504f / sqrtf((float)width);
  for (ptrdiff_t i = 0; i < QUERY_STEP * width; i++) work.queries[i] = 0;
  for (int h = 0; h < heads; h++) {
    seen[h] = (CKHead){.largest = -FLT_MAX};
    for (ptrdiff_t i = 0; i < width; i++) {
      work.queries[i * QUERY_STEP + h] = scale * attention->queries[h * width + i];
      attention->outputs[h * width + i] = 0;
    }
  }
  if (codes) quantize_queries(&work, width);
  for (ptrdiff_t first = 0; first < attention->positions; first += CK_SCORE_CHUNK) {
    ptrdiff_t left = attention->positions - first;
    attend_chunk(attention, &work, seen, first, left < CK_SCORE_CHUNK ? left : CK_SCORE_CHUNK,
                 heads, codes);
  }
  for (int h = 0; h < heads; h++) {
    for (ptrdiff_t i = 0; i < width; i++) attention->outputs[h * width + i] /= seen[h].weights;
  }
}

// One function for each number of heads, so that each has its own registers.
#define HEADS(N)                                                                                   \
  TARGET static void attend_heads##N(const CKAttention *attention, float *scratch) {               \
    if (attention->key_scales) {                                                                   \
      attend_heads(attention, scratch, N, true);                                                   \
    } else {                                                                                       \
      attend_heads(attention, scratch, N, false);                                                  \
    }                                                                                              \
  }
HEADS(1)
HEADS(2)
HEADS(3)
HEADS(4)
HEADS(5)
HEADS(6)
HEADS(7)
HEADS(8)

// Any number of heads, at most CK_ROW_HEADS at a time. (16 heads of 128 read the cache
// twice, which is still faster than `attend_rows`, since that lays out all values again.)
static void attend_row(const CKAttention *attention, float *scratch) {
  static void (*const attend_heads[CK_ROW_HEADS])(const CKAttention *, float *) = {
      attend_heads1, attend_heads2, attend_heads3, attend_heads4,
      attend_heads5, attend_heads6, attend_heads7, attend_heads8};
  for (ptrdiff_t first = 0; first < attention->heads; first += CK_ROW_HEADS) {
    ptrdiff_t left = attention->heads - first;
    CKAttention part = *attention;
    part.queries += first * attention->width;
    part.outputs += first * attention->width;
    attend_heads[(left < CK_ROW_HEADS ? left : CK_ROW_HEADS) - 1](&part, scratch);
  }
}
