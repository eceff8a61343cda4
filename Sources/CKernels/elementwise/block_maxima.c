// The largest of every block of a row, for any instruction set.
#include "include/block_maxima.h"

#include <math.h>

// The number itself where it is finite: for others the difference is a NaN.
static float finite_or_lowest(float value) { return value - value == 0 ? value : -INFINITY; }

void ck_block_maxima(const float *values, ptrdiff_t count, float *maxima) {
  enum { COUNT = 16 };
  for (ptrdiff_t first = 0; first < count; first += CK_MAXIMA_BLOCK) {
    ptrdiff_t last = count - first < CK_MAXIMA_BLOCK ? count : first + CK_MAXIMA_BLOCK;
    float largests[COUNT], largest = -INFINITY;
    for (int j = 0; j < COUNT; j++) largests[j] = -INFINITY;
    ptrdiff_t i = first;
    for (; i + COUNT <= last; i += COUNT)
      for (int j = 0; j < COUNT; j++) {
        float value = finite_or_lowest(values[i + j]);
        largests[j] = value > largests[j] ? value : largests[j];
      }
    for (; i < last; i++) {
      float value = finite_or_lowest(values[i]);
      largest = value > largest ? value : largest;
    }
    for (int j = 0; j < COUNT; j++) largest = largests[j] > largest ? largests[j] : largest;
    maxima[first / CK_MAXIMA_BLOCK] = largest;
  }
}
