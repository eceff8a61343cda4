// Attention of many queries with AVX2.
#define TARGET CK_AVX2
#define ADD_PAIRS add_pairs_avx2
#include "attention/x86/attend_rows_256.h"

#if CK_X86

void attend_many_avx2(const CKAttention *attention, float *scratch) {
  attend_many(attention, scratch);
}

#endif
