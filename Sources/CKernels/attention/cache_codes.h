// Int16 codes of a cache's keys and values; see include/cache_format.h.
#ifndef CK_ATTENTION_CACHE_CODES_H
#define CK_ATTENTION_CACHE_CODES_H

#include <math.h>

#include "common/internal.h"
#include "include/cache_format.h"

// The largest Euclidean norm of a vector before it is rounded to codes: 2^15.5, less what rounding
// may add.
CK_INLINE float largest_norm(ptrdiff_t width) { return 46339 - sqrtf((float)width) / 2; }

// The index of a key's code `i`, counted in codes from the first position.
CK_INLINE ptrdiff_t key_code_index(ptrdiff_t position, ptrdiff_t i, ptrdiff_t width) {
  return position / CK_KEY_PANEL * CK_KEY_PANEL * width + i / 2 * 2 * CK_KEY_PANEL +
         position % CK_KEY_PANEL * 2 + i % 2;
}

// The index of a value's code `i`.
CK_INLINE ptrdiff_t value_code_index(ptrdiff_t position, ptrdiff_t i, ptrdiff_t width) {
  return (position / 2 * width + i) * 2 + position % 2;
}

#endif
