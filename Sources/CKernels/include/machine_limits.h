#ifndef CK_MACHINE_LIMITS_H
#define CK_MACHINE_LIMITS_H

#include "instruction_set.h"
#include <stddef.h>

/// Reads `bytes` bytes once and returns a value that depends on all of them.
///
/// `memory` is 64-byte aligned, `bytes` a multiple of 256. Bound by memory, not by arithmetic.
unsigned long long ck_read_memory(const void *memory, ptrdiff_t bytes, CKInstructionSet set);

/// Runs `rounds` rounds of independent int8 multiply-accumulates in registers; returns how many
/// operations (two per multiply-accumulate) that were.
double ck_run_int8(ptrdiff_t rounds, CKInstructionSet set);

/// Runs `rounds` rounds of independent float32 fused multiply-adds in registers; returns how many
/// operations (two per multiply-add) that were.
double ck_run_float(ptrdiff_t rounds, CKInstructionSet set);

#endif
