// Rotary position embedding and storing into the cache.
#include "common/fill.h"

#define TARGET
#include "attention/rotary.h"

void ck_fill_rotary(CKKernels *kernels) {
  kernels->rotate = rotate_rows;
  kernels->store_keys = store_keys;
  kernels->store_values = store_values;
}
