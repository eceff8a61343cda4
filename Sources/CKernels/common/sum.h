// Sums of many float32 in a fixed order.
#ifndef CK_COMMON_SUM_H
#define CK_COMMON_SUM_H

#include "common/internal.h"

// How many partial sums the portable versions keep; the compiler puts them in vectors.
#define CK_SUMS 16

// Adds the partial sums pairwise.
CK_INLINE float add_partial_sums(float sums[CK_SUMS]) {
  for (ptrdiff_t half = CK_SUMS / 2; half > 0; half /= 2) {
    for (ptrdiff_t i = 0; i < half; i++) sums[i] += sums[i + half];
  }
  return sums[0];
}

#endif
