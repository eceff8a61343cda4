#ifndef CK_BLOCK_MAXIMA_H
#define CK_BLOCK_MAXIMA_H

#include <stddef.h>

enum {
  /// Numbers that share a maximum.
  CK_MAXIMA_BLOCK = 64,
};

/// Writes the largest finite number of each block of `values`, −infinity where a block has none.
///
/// `maxima` is [ceil(count / CK_MAXIMA_BLOCK)].
void ck_block_maxima(const float *values, ptrdiff_t count, float *maxima);

#endif
