/* Attention of one row's heads with AVX2. */
#define TARGET CK_AVX2
#define ADD_PAIRS(sum, left, right) _mm256_add_epi32(sum, _mm256_madd_epi16(left, right))
#include "attend_few_256.h"

#if CK_X86

void attend_few_avx2(const CKAttention *attention, float *scratch) { attend_few(attention, scratch); }

#endif
