// The table of kernels, filled: the only place that knows which set has which kernels is here and
// in the folder of each architecture.
#include "common/fill.h"
#include "common/internal.h"

static void fill_portable(CKKernels *kernels) {
  ck_fill_attend(kernels);
  ck_fill_gelu(kernels);
  ck_fill_gemm(kernels);
  ck_fill_gemv(kernels);
  ck_fill_machine_limits(kernels);
  ck_fill_norms(kernels);
  ck_fill_pack_awq(kernels);
  ck_fill_pack_panels(kernels);
  ck_fill_quantize_group(kernels);
  ck_fill_quantized_multiply(kernels);
  ck_fill_rotary(kernels);
  ck_fill_screen(kernels);
  ck_fill_silu_multiply(kernels);
  ck_fill_unpack_block(kernels);
  ck_fill_widen(kernels);
}

void ck_fill_kernels(CKKernels *kernels, CKInstructionSet set) {
  fill_portable(kernels);
#if CK_X86
  ck_fill_x86(kernels, set);
#else
  (void)set;
#endif
}
