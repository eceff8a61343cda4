#include "include/instruction_set.h"

#include "common/internal.h"

int ck_supports(CKInstructionSet set) {
  if (set == CKInstructionSetScalar) return 1;
#if CK_X86
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("f16c")) {
    return 0;
  }
#ifdef CK_EMULATES
  return 1;
#endif
  switch (set) {
  case CKInstructionSetAVX2: return 1;
  case CKInstructionSetAVXVNNI: return __builtin_cpu_supports("avxvnni");
  case CKInstructionSetAVX512VNNI:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vnni");
  default: return 0;
  }
#else
  return 0;
#endif
}
