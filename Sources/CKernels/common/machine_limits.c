// What a machine can do at most: read memory, multiply int8, multiply float32. Portable arithmetic
// is what the compiler makes of it, as for portable kernels.
#include "common/fill.h"

static unsigned long long read_scalar(const void *memory, ptrdiff_t bytes) {
  const uint64_t *words = memory;
  uint64_t sum = 0;
  for (ptrdiff_t i = 0; i < bytes / 8; i++) sum ^= words[i];
  return sum;
}

static double run_int8_scalar(ptrdiff_t rounds) {
  volatile int32_t sink;
  int32_t sums[12] = {0};
  for (ptrdiff_t round = 0; round < rounds; round++)
    for (int i = 0; i < 12; i++) sums[i] += (int32_t)(round & 127) * (i + 1);
  int32_t total = 0;
  for (int i = 0; i < 12; i++) total ^= sums[i];
  sink = total;
  (void)sink;
  return 24.0 * (double)rounds;
}

static double run_float_scalar(ptrdiff_t rounds) {
  volatile float sink;
  float sums[12] = {0};
  for (ptrdiff_t round = 0; round < rounds; round++)
    for (int i = 0; i < 12; i++) sums[i] = sums[i] * 0.5f + (float)i;
  float total = 0;
  for (int i = 0; i < 12; i++) total += sums[i];
  sink = total;
  (void)sink;
  return 24.0 * (double)rounds;
}

void ck_fill_machine_limits(CKKernels *kernels) {
  kernels->read_memory = read_scalar;
  kernels->run_int8 = run_int8_scalar;
  kernels->run_float = run_float_scalar;
}
