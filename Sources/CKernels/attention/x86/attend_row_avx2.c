// Attention of one row's heads with AVX2.
#include "common/x86/fill.h"

#define TARGET CK_AVX2
#define ADD_PAIRS add_pairs_avx2
#include "attention/x86/attend_row_256.h"

#if CK_X86

void ck_fill_attend_row_avx2(CKKernels *kernels) { kernels->attend_row = attend_row; }

#endif
