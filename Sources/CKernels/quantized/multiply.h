// What the vector versions of products with quantised weights share.
//
// They add a group's term to a result with the same operations in the same order, so that the same
// row gets the same bits whichever of them computes it. (The scalar version has no fused
// multiply-add.)
#ifndef CK_QUANTIZED_MULTIPLY_H
#define CK_QUANTIZED_MULTIPLY_H

#include "quantized/format.h"

// One group of some rows: as in `CKQuantizedRows`, from the first row on.
typedef struct {
  const int8_t *codes;
  const float *scales, *sums;
} GroupRows;

// The outputs from `first` on.
CK_INLINE CKQuantizedOutput outputs_from(CKQuantizedOutput output, ptrdiff_t first) {
  output.values += first;
  output.count -= first;
  if (output.bias) output.bias += first;
  if (output.scale) output.scale += first;
  return output;
}

#endif
