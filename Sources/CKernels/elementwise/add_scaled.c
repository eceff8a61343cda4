// x += scale ⊙ branch, for any instruction set.
#include "include/elementwise.h"

static void add_scaled_row(const float *branch, const float *scale, ptrdiff_t columns, float *x) {
  if (scale) {
    for (ptrdiff_t i = 0; i < columns; i++) x[i] += scale[i] * branch[i];
  } else {
    for (ptrdiff_t i = 0; i < columns; i++) x[i] += branch[i];
  }
}

void ck_add_scaled(const float *branch, const float *scale, ptrdiff_t rows, ptrdiff_t columns,
                   float *x) {
  for (ptrdiff_t r = 0; r < rows; r++) {
    add_scaled_row(branch + r * columns, scale, columns, x + r * columns);
  }
}
