// Attention of many queries with AVX-VNNI: a pair's products and their addition are one
// instruction.
#include "common/x86/fill.h"

#define TARGET CK_AVXVNNI
#define ADD_PAIRS add_pairs_avxvnni
#include "attention/x86/attend_rows_256.h"

#if CK_X86

void ck_fill_attend_rows_avxvnni(CKKernels *kernels) { kernels->attend_rows = attend_rows; }

#endif
