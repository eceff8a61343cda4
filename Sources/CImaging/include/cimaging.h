// The inner loops of Imaging: the two passes of a resize over 8-bit RGB rows.
//
// Weights are fixed-point numbers with CI_PRECISION_BITS fractional bits. A sum of samples times
// weights starts at one half, keeps its integer part and is cut to 0...255. The weights of one
// output sample sum up to 1 and their absolute values to less than 2, so an int32 holds every sum.
#ifndef CIMAGING_H
#define CIMAGING_H

#include <stddef.h>
#include <stdint.h>

// 8 bits of sample, 22 of weight and 2 for sign and overshoot fill 32.
enum { CI_PRECISION_BITS = 22 };

// Scales one row: `output[o] = sum over t < counts[o] of input[starts[o] + t] * weights[o, t]`
// for each of the three colours.
//
// input: `[pixels, 3]`, beginning at byte `input_start`; `starts[o] + counts[o]` is at most
// `pixels`, `counts[o]` is 1 to `capacity`.
// weights: `[outputs, capacity]`. output: `[outputs, 3]`, beginning at byte `output_start`.
void ci_scale_row(const uint8_t *input, ptrdiff_t input_start, const ptrdiff_t *starts,
                  const ptrdiff_t *counts, const int32_t *weights, ptrdiff_t capacity,
                  ptrdiff_t outputs, uint8_t *output, ptrdiff_t output_start);

// Blends rows: `output[output_start + i] = sum over r < rows of input[row_starts[r] + i] *
// weights[r]` for all `i < count`.
void ci_blend_rows(const uint8_t *input, const ptrdiff_t *row_starts, const int32_t *weights,
                   ptrdiff_t rows, ptrdiff_t count, uint8_t *output, ptrdiff_t output_start);

#endif
