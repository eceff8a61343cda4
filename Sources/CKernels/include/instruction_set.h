#ifndef CK_INSTRUCTION_SET_H
#define CK_INSTRUCTION_SET_H

/// The vector instructions that kernels may use, a list for each architecture, slowest first.
///
/// Sets of one architecture say what they include; sets of different ones have no order.
typedef enum {
  CKInstructionSetScalar = 0,  // portable C

  CKInstructionSetAVX2 = 1,        // x86: AVX2, FMA and F16C
  CKInstructionSetAVXVNNI = 2,     // x86: those and AVX-VNNI
  CKInstructionSetAVX512VNNI = 3,  // x86: those of AVX2 and AVX-512 F, BW, VL, DQ and VNNI
} CKInstructionSet;

/// A table of kernels (kernels.h).
typedef struct CKKernels CKKernels;

/// Whether this processor and operating system support a set.
int ck_supports(CKInstructionSet set);

/// Tells the processor that the caller waits in a loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
