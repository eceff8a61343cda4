#ifndef CK_INSTRUCTION_SET_H
#define CK_INSTRUCTION_SET_H

/// The vector instructions that a kernel may use; each one includes those before it.
///
/// A kernel without a version for a set uses its next lower one.
typedef enum {
  CKInstructionSetScalar = 0,     /* portable C */
  CKInstructionSetAVX2 = 1,       /* AVX2, FMA and F16C */
  CKInstructionSetAVX512VNNI = 2, /* AVX-512 F, BW, VL, DQ and VNNI */
} CKInstructionSet;

/// The best set that this processor and operating system support.
CKInstructionSet ck_best_instruction_set(void);

/// Tells the processor that the caller waits in a loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
