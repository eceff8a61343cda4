#ifndef CK_ROTARY_H
#define CK_ROTARY_H

#include <stddef.h>

#include "float_type.h"
#include "instruction_set.h"

/* The cache of one head keeps keys transposed in blocks of 16 positions, [block][width][16], so
   that a vector holds one component of 16 keys; values are plain, [position][width]. */

/// How many positions a block of keys holds.
#define CK_KEY_BLOCK 16

/// Rotates one head of each row by its position's angles (Su et al. 2021, in halves):
/// `output[i] = x[i]·cos[i] - x[i + h]·sin[i]`, `output[i + h] = x[i + h]·cos[i] + x[i]·sin[i]`,
/// h = width / 2.
///
/// `input` and `output` rows are `inputStride` and `outputStride` floats apart; `cosines` and
/// `sines` are [rows, h].
void ck_rotate(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
               const float *cosines, const float *sines, float *output,
               ptrdiff_t outputStride, CKInstructionSet set);

/// Rotates one head of each row like `ck_rotate` and stores it as keys from `position` on.
///
/// Null `cosines` store without rotating. `type` is 32 or 16 bits; 16-bit numbers are rounded to
/// nearest and limited to ±65504.
void ck_store_keys(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
                   const float *cosines, const float *sines, void *keys, CKFloatType type,
                   ptrdiff_t position, CKInstructionSet set);

/// Stores one head of each row as values from `position` on; numbers as in `ck_store_keys`.
void ck_store_values(const float *input, ptrdiff_t inputStride, ptrdiff_t rows, ptrdiff_t width,
                     void *values, CKFloatType type, ptrdiff_t position, CKInstructionSet set);

#endif
