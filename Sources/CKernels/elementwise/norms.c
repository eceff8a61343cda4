// Layer normalisation and root-mean-square normalisation of rows.
#include "common/fill.h"

#define TARGET
#include "elementwise/norms.h"

#include "elementwise/norm_rows.h"

void ck_fill_norms(CKKernels *kernels) {
  kernels->layer_norm = layer_norms;
  kernels->rms_norm = rms_norms;
}
