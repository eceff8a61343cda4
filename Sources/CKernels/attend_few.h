/* Attention of one row: how blocks of positions follow one another, and how heads are taken together. A
   template, for files that define

     TARGET                           the instruction set, as an attribute
     Work                             `queries` [width][QUERY_STEP], scaled, and `scores`
     QUERY_STEP                       how far apart the inputs of a query are, at least CK_FEW_HEADS
     quantize_queries(&work, width)   makes pairs of codes of the queries
     attend_block(attention, &work, seen, first, count, heads, codes)
                                      adds `count` positions, of a cache of codes or of float32, to the outputs

   before they include it; it defines `attend_few`. */

TARGET CK_INLINE void attend_heads(const CKAttention *attention, float *scratch, const int heads,
                                   const bool codes) {
  ptrdiff_t width = attention->width;
  Work work = {.queries = scratch, .scores = scratch + QUERY_STEP * width};
  CKHead seen[CK_FEW_HEADS];
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
  for (ptrdiff_t first = 0; first < attention->positions; first += CK_SCORE_BLOCK) {
    ptrdiff_t left = attention->positions - first;
    attend_block(attention, &work, seen, first, left < CK_SCORE_BLOCK ? left : CK_SCORE_BLOCK,
                 heads, codes);
  }
  for (int h = 0; h < heads; h++) {
    for (ptrdiff_t i = 0; i < width; i++) attention->outputs[h * width + i] /= seen[h].weights;
  }
}

/* One function for each number of heads, so that each has its own registers. */
#define HEADS(N)                                                                                   \
  TARGET static void attend_heads##N(const CKAttention *attention, float *scratch) {               \
    if (attention->keyScales) {                                                                    \
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

/* Any number of heads, at most CK_FEW_HEADS at a time. */
static void attend_few(const CKAttention *attention, float *scratch) {
  static void (*const attendHeads[CK_FEW_HEADS])(const CKAttention *, float *) = {
      attend_heads1, attend_heads2, attend_heads3, attend_heads4,
      attend_heads5, attend_heads6, attend_heads7, attend_heads8};
  for (ptrdiff_t first = 0; first < attention->heads; first += CK_FEW_HEADS) {
    ptrdiff_t left = attention->heads - first;
    CKAttention part = *attention;
    part.queries += first * attention->width;
    part.outputs += first * attention->width;
    attendHeads[(left < CK_FEW_HEADS ? left : CK_FEW_HEADS) - 1](&part, scratch);
  }
}
