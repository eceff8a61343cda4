/* Attention of one row: how heads are taken together. A template, for files that define

     TARGET                                            the instruction set, as an attribute
     attend_heads(attention, scratch, heads, codes)    1...CK_FEW_HEADS heads of a cache, of codes or float32

   before they include it; it defines `attend_few`. */

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
