// Attention of one row's heads with AVX2.
#define TARGET CK_AVX2
#define ADD_PAIRS add_pairs_avx2
#include "attention/x86/attend_row_256.h"

#if CK_X86

void attend_few_avx2(const CKAttention *attention, float *scratch) {
  attend_few(attention, scratch);
}

#endif
