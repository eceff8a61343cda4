// Rotary position embedding and storing into the cache with AVX2.
#include "common/x86/fill.h"
#include "common/x86/target.h"

#if CK_X86

#define TARGET CK_AVX2
#include "attention/rotary.h"

void ck_fill_rotary_avx2(CKKernels *kernels) {
  kernels->rotate = rotate_rows;
  kernels->store_keys = store_keys;
  kernels->store_values = store_values;
}

#endif
