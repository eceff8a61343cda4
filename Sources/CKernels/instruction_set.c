#include "include/instruction_set.h"

#include "internal.h"

CKInstructionSet ck_best_instruction_set(void) {
#if CK_X86
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("f16c")) {
    return CKInstructionSetScalar;
  }
#ifdef CK_EMULATES_AVX512
  return CKInstructionSetAVX512VNNI;
#endif
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
