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

#define CK_INLINE static inline __attribute__((always_inline))
// For what is seldom needed, or needed in many places: inlined there, it would make most of the code,
// and of the time to compile it.
#define CK_OUTLINE static __attribute__((noinline))

#endif
