#ifndef CK_FLOAT_TYPE_H
#define CK_FLOAT_TYPE_H

/// How a stored real number is encoded, little-endian.
typedef enum {
  CKFloatType32 = 0,       // IEEE 754 binary32
  CKFloatType16 = 1,       // IEEE 754 binary16
  CKFloatTypeBrain16 = 2,  // the upper half of a binary32
} CKFloatType;

#endif
