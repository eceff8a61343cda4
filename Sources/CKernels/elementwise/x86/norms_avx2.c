// Normalisation with AVX2: the plain loops, vectorised by the compiler.
#include "common/x86/fill.h"
#include "common/x86/target.h"

#if CK_X86

#define TARGET CK_AVX2
#include "elementwise/norms.h"

#include "elementwise/norm_rows.h"

void ck_fill_norms_avx2(CKKernels *kernels) {
  kernels->layer_norm = layer_norms;
  kernels->rms_norm = rms_norms;
}

#endif
