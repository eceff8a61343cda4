/* Attention of many queries with AVX2. */
#define TARGET CK_AVX2
#define ADD_PAIRS(sum, left, right) _mm256_add_epi32(sum, _mm256_madd_epi16(left, right))
#include "attend_many_256.h"

#if CK_X86

void attend_many_avx2(const CKAttention *attention, float *scratch) { attend_many(attention, scratch); }

#endif
