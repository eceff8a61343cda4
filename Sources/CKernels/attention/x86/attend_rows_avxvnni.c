// Attention of many queries with AVX-VNNI: a pair's products and their addition are one
// instruction.
#define TARGET CK_AVXVNNI
#define ADD_PAIRS add_pairs_avxvnni
#include "attention/x86/attend_rows_256.h"

#if CK_X86

void attend_many_avxvnni(const CKAttention *attention, float *scratch) {
  attend_many(attention, scratch);
}

#endif
