#ifndef CK_CACHE_FORMAT_H
#define CK_CACHE_FORMAT_H

#include <stddef.h>

#include "instruction_set.h"

// The cache of one head keeps keys transposed in blocks of 16 positions, [block][width][16], so
// that a vector holds one component of 16 keys; values are plain, [position][width].
//
// They are float32, or int16 codes with a scale for each key and each value: keys [block][width /
// 2][16][2], so that a vector holds two components of 16 keys, and values [position / 2][width][2],
// so that it holds columns of two positions. A value's largest code is 32767: it is right to 2^-16
// of its largest component. A key's codes are as large as int16 and one bound allow: the Euclidean
// norm of a key's codes, and of a query's, stays below 2^15.5, so that by Cauchy and Schwarz no sum
// of their products leaves an int32. A score is right to 1e-5 of |query| · |key| (root mean square,
// widths of 64 and 128, one column a hundred times the others or none); with float16 keys it would
// be to 2e-5 to 2e-4.

/// How many positions a block of keys holds.
#define CK_KEY_BLOCK 16

/// Rotates one head of each row by its position's angles (Su et al. 2021, in halves):
/// `output[i] = x[i]·cos[i] - x[i + h]·sin[i]`, `output[i + h] = x[i + h]·cos[i] + x[i]·sin[i]`,
/// h = width / 2.
///
/// `input` and `output` rows are `input_stride` and `output_stride` floats apart; `cosines` and
/// `sines` are [rows, h].
void ck_rotate(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t width,
               const float *cosines, const float *sines, float *output, ptrdiff_t output_stride,
               CKInstructionSet set);

/// Stores `rows` keys of one head, [rows, width], from `position` on.
///
/// With `scales`, of all keys, they become codes, else float32. `width` is even.
void ck_store_keys(const float *input, ptrdiff_t rows, ptrdiff_t width, void *keys, float *scales,
                   ptrdiff_t position, CKInstructionSet set);

/// Stores one head of each row as values from `position` on.
///
/// With `scales`, of all values, they become codes, else float32.
void ck_store_values(const float *input, ptrdiff_t input_stride, ptrdiff_t rows, ptrdiff_t width,
                     void *values, float *scales, ptrdiff_t position, CKInstructionSet set);

#endif
