#ifndef CK_CACHE_FORMAT_H
#define CK_CACHE_FORMAT_H

// How one head's keys and values are stored.
//
//   float32   keys    [position / 16][width][16]: panels of 16 keys, as in panels.h
//             values  [position][width]
//   int16     keys    [position / 16][width / 2][16][2]: a vector holds two components of 16 keys
//             values  [position / 2][width][2]: a vector holds columns of two positions
//
// Int16 codes have a scale for each key and each value. A value's largest code is 32767, so its
// error is at most 2^-16 of its largest component. The Euclidean norm of a key's codes, and of a
// query's, stays below 2^15.5, so no sum of their products overflows an int32 (Cauchy-Schwarz). The
// error of a score is about 1e-5 of |query| · |key| (root mean square; widths of 64 and 128, with
// and without one column that is a hundred times the others). Float16 keys would give 2e-5 to 2e-4.

enum {
  /// How many keys a panel holds.
  CK_KEY_PANEL = 16,
};

#endif
