#ifndef CK_QUANTIZED_SCREENED_FORMAT_H
#define CK_QUANTIZED_SCREENED_FORMAT_H

// What packing and use of include/screened.h share.

#include "include/screened.h"
#include "quantized/format.h"

enum {
  // The code of a weight that is zero, and the largest magnitude of the others.
  CK_SCREENED_ZERO = 120,
  // Bytes of low halves of an output and group.
  CK_LOW_BYTES = CK_GROUP_INPUTS / 2,
};

// The dither of a column: the four highest bits of MurmurHash3's 32-bit finaliser (Appleby).
CK_INLINE uint8_t column_dither(ptrdiff_t column) {
  uint32_t hash = (uint32_t)column + 1;
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return (uint8_t)((hash ^ hash >> 16) >> 28);
}

#endif
