#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include <stddef.h>

#include "float_type.h"
#include "instruction_set.h"

/// Attention of one query over the first `count` positions of a head's cache (see rotary.h):
/// `output = Σ softmax(scale · query · keys)[p] · values[p]`.
///
/// `scores` is working memory for `count` floats; `query` and `output` are [width].
void ck_attend_query(const float *query, ptrdiff_t width, const void *keys, const void *values,
                     CKFloatType type, ptrdiff_t count, float scale, float *scores, float *output,
                     CKInstructionSet set);

#endif
