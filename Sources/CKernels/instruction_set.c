#include "instruction_set.h"

CKInstructionSet ck_best_instruction_set(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("f16c")) {
    return CKInstructionSetScalar;
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni")) {
    return CKInstructionSetAVX512VNNI;
  }
  return CKInstructionSetAVX2;
#else
  return CKInstructionSetScalar;
#endif
}
