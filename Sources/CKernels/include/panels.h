#ifndef CK_PANELS_H
#define CK_PANELS_H

#include <stdbool.h>
#include <stddef.h>

#include "float_type.h"
#include "instruction_set.h"

// A *panel* holds the weights of 16 outputs as float32 [count][16]: the 16 weights of an input
// are neighbours.

/// How many outputs a panel holds.
#define CK_PANEL 16
/// The most inputs that one call of `ck_multiply_panels` takes.
#define CK_PANEL_INPUTS 256
/// The most rows that `ck_multiply_rows` takes.
#define CK_FEW_ROWS 8

/// Transposes rows of a weight matrix into panels, widened to float32 (exact).
///
/// `weights` points at the first of `outputs` rows that are `stride` elements apart; the first
/// `count` elements of each are used. Panel p begins at `panels + p * panel_stride`. Outputs that
/// the last panel lacks are set to zero.
void ck_pack_panels(const void *weights, CKFloatType type, ptrdiff_t stride, ptrdiff_t outputs,
                    ptrdiff_t count, float *panels, ptrdiff_t panel_stride, CKInstructionSet set);

/// Multiplies rows by panels: `output[r, o] (+)= Σ_k input[r, k] · panels[k, o]`, in float32.
///
/// `input` is [rows, count] with rows `input_stride` floats apart, `count` at most
/// CK_PANEL_INPUTS; `output` is [rows, outputs] with rows `output_stride` floats apart. With
/// `accumulate` the sums are added to `output`; else they replace it, plus `bias` [outputs] where
/// that is not null. A sum's terms are added in the order of k, whatever `rows` and `outputs`.
void ck_multiply_panels(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                        const float *panels, ptrdiff_t panel_stride, ptrdiff_t outputs,
                        ptrdiff_t count, const float *bias, bool accumulate, float *output,
                        ptrdiff_t output_stride, CKInstructionSet set);

/// Multiplies at most CK_FEW_ROWS rows by row-major weights, which are read once, as stored:
/// `output[r, o] = Σ_k input[r, k] · weights[o, k] (+ bias[o])`, in float32.
///
/// Strides are in elements. The order of a sum's terms depends on `count` alone.
void ck_multiply_rows(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                      const void *weights, CKFloatType type, ptrdiff_t weight_stride,
                      ptrdiff_t outputs, ptrdiff_t count, const float *bias, float *output,
                      ptrdiff_t output_stride, CKInstructionSet set);

#endif
