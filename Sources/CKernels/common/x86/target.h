// The intrinsics of x86, and what tells the compiler that a function may use a set of them.
#ifndef CK_COMMON_X86_TARGET_H
#define CK_COMMON_X86_TARGET_H

#include "common/internal.h"

#ifdef CK_EMULATES
#include "common/x86/emulated.h"
#define CK_AVX2
#define CK_AVXVNNI
#define CK_AVX512
#elif CK_X86
#include <immintrin.h>
#define CK_AVX2 __attribute__((target("avx2,fma,f16c")))
#define CK_AVXVNNI __attribute__((target("avx2,fma,f16c,avxvnni")))
#define CK_AVX512                                                                                  \
  __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif

#endif
