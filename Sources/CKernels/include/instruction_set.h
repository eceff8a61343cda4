#ifndef CK_INSTRUCTION_SET_H
#define CK_INSTRUCTION_SET_H

/// The vector instructions that a kernel may use; of those that a processor supports, the last is
/// used.
///
/// A kernel without a version for a set uses that for AVX2, which all but `Scalar` include.
typedef enum {
  CKInstructionSetScalar = 0,      // portable C
  CKInstructionSetAVX2 = 1,        // AVX2, FMA and F16C
  CKInstructionSetAVXVNNI = 2,     // those and AVX-VNNI
  CKInstructionSetAVX512VNNI = 3,  // those of AVX2 and AVX-512 F, BW, VL, DQ and VNNI
} CKInstructionSet;

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
