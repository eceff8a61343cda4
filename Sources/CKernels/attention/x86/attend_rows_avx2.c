// Attention of many queries with AVX2.
#include "common/x86/fill.h"

#define TARGET CK_AVX2
#define ADD_PAIRS add_pairs_avx2
#include "attention/x86/attend_rows_256.h"

#if CK_X86

static ptrdiff_t attention_scratch_bytes(ptrdiff_t queries, ptrdiff_t width, ptrdiff_t positions) {
  (void)positions;
  return scratch_bytes(queries, width, CK_MICROTILE_ROWS_AVX2, CK_QUERY_STEP_AVX2);
}

void ck_fill_attend_rows_avx2(CKKernels *kernels) {
  kernels->attend_rows = attend_rows;
  kernels->attention_scratch_bytes = attention_scratch_bytes;
}

#endif
