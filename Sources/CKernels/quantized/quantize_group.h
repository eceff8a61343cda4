#ifndef CK_QUANTIZED_QUANTIZE_GROUP_H
#define CK_QUANTIZED_QUANTIZE_GROUP_H

#include <stdint.h>

#include "include/instruction_set.h"

// Quantises 128 values: codes −127...127, their scale and the sum of the codes.
//
// Every instruction set gives the same bits. Special groups are as `ck_quantize_rows` defines them.
void ck_quantize_group(const float *values, int8_t *codes, float *scale, float *sum,
                       CKInstructionSet set);

#endif
