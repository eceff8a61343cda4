// One panel of float32, portable: the definition, and the rest that vectors leave.
#ifndef CK_FLOAT_PACK_PANELS_H
#define CK_FLOAT_PACK_PANELS_H

#include "common/float_convert.h"
#include "include/panels.h"

// Inputs `first..<count` of one panel of at most 16 outputs.
static void pack_panel_scalar(const void *weights, CKFloatType type, ptrdiff_t stride,
                              ptrdiff_t outputs, ptrdiff_t first, ptrdiff_t count, float *panel) {
  for (ptrdiff_t k = first; k < count; k++) {
    for (ptrdiff_t o = 0; o < CK_PANEL; o++) {
      panel[k * CK_PANEL + o] = o < outputs ? load_float(weights, type, o * stride + k) : 0;
    }
  }
}

#endif
