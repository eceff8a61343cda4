// What the kernels' C files share and Swift does not see.
#ifndef CK_COMMON_INTERNAL_H
#define CK_COMMON_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define CK_X86 1
#else
#define CK_X86 0
#endif

#ifdef CK_EMULATES
#include "common/x86/emulated.h"
#define CK_AVX2
#define CK_AVXVNNI
#define CK_AVX512
#else
#if CK_X86
#include <immintrin.h>
#endif
#define CK_AVX2 __attribute__((target("avx2,fma,f16c")))
#define CK_AVXVNNI __attribute__((target("avx2,fma,f16c,avxvnni")))
#define CK_AVX512                                                                                  \
  __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#endif
#define CK_INLINE static inline __attribute__((always_inline))

#endif
