// Which sets this processor and operating system support.
#include "include/instruction_set.h"

#include "common/internal.h"

#if CK_X86

static int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}

#ifdef CK_EMULATES
static int has_avxvnni(void) { return has_avx2(); }

static int has_avx512(void) { return has_avx2(); }
#else
static int has_avxvnni(void) { return has_avx2() && __builtin_cpu_supports("avxvnni"); }

static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}
#endif

#endif

int ck_supports(CKInstructionSet set) {
  switch (set) {
  case CKInstructionSetScalar: return 1;
#if CK_X86
  case CKInstructionSetAVX2: return has_avx2();
  case CKInstructionSetAVXVNNI: return has_avxvnni();
  case CKInstructionSetAVX512VNNI: return has_avx512();
#else
  default: return 0;
#endif
  }
  return 0;
}
