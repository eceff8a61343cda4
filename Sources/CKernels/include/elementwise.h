#ifndef CK_ELEMENTWISE_H
#define CK_ELEMENTWISE_H

#include <stddef.h>

/// `x[r, i] += scale[i] · branch[r, i]`; a null `scale` is all ones. Both [rows, columns].
void ck_add_scaled(const float *branch, const float *scale, ptrdiff_t rows, ptrdiff_t columns,
                   float *x);

#endif
