// Attention of one row's heads with AVX-VNNI: a pair's products and their addition are one
// instruction.
#define TARGET CK_AVXVNNI
#define ADD_PAIRS add_pairs_avxvnni
#include "attention/x86/attend_row_256.h"

#if CK_X86

void attend_few_avxvnni(const CKAttention *attention, float *scratch) {
  attend_few(attention, scratch);
}

#endif
