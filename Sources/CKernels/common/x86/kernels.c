// The kernels of each x86 set.
#include "common/x86/fill.h"

#include "common/fill.h"
#include "common/internal.h"

#if CK_X86

static void fill_avx2(CKKernels *kernels) {
  ck_fill_attend_row_avx2(kernels);
  ck_fill_attend_rows_avx2(kernels);
  ck_fill_gelu_avx2(kernels);
  ck_fill_gemm_avx2(kernels);
  ck_fill_gemv_avx2(kernels);
  ck_fill_machine_limits_avx2(kernels);
  ck_fill_norms_avx2(kernels);
  ck_fill_pack_awq_avx2(kernels);
  ck_fill_pack_panels_avx2(kernels);
  ck_fill_quantize_group_avx2(kernels);
  ck_fill_quantized_gemm_avx2(kernels);
  ck_fill_quantized_gemv_avx2(kernels);
  ck_fill_rotary_avx2(kernels);
  ck_fill_screen_avx2(kernels);
  ck_fill_silu_multiply_avx2(kernels);
  ck_fill_unpack_block_avx2(kernels);
}

static void fill_avxvnni(CKKernels *kernels) {
  ck_fill_attend_row_avxvnni(kernels);
  ck_fill_attend_rows_avxvnni(kernels);
  ck_fill_machine_limits_avxvnni(kernels);
  ck_fill_quantized_gemm_avxvnni(kernels);
  ck_fill_quantized_gemv_avxvnni(kernels);
}

static void fill_avx512(CKKernels *kernels) {
  ck_fill_attend_row_avx512(kernels);
  ck_fill_attend_rows_avx512(kernels);
  ck_fill_gelu_avx512(kernels);
  ck_fill_gemm_avx512(kernels);
  ck_fill_gemv_avx512(kernels);
  ck_fill_machine_limits_avx512(kernels);
  ck_fill_norms_avx512(kernels);
  ck_fill_pack_awq_avx512(kernels);
  ck_fill_pack_panels_avx512(kernels);
  ck_fill_quantize_group_avx512(kernels);
  ck_fill_quantized_gemm_avx512(kernels);
  ck_fill_quantized_gemv_avx512(kernels);
  ck_fill_rotary_avx512(kernels);
  ck_fill_screen_avx512(kernels);
  ck_fill_silu_multiply_avx512(kernels);
  ck_fill_unpack_block_avx512(kernels);
  ck_fill_widen_avx512(kernels);
}

void ck_fill_x86(CKKernels *kernels, CKInstructionSet set) {
  switch (set) {
  case CKInstructionSetScalar: break;
  case CKInstructionSetAVX2: fill_avx2(kernels); break;
  case CKInstructionSetAVXVNNI:
    fill_avx2(kernels);
    fill_avxvnni(kernels);
    break;
  case CKInstructionSetAVX512VNNI:
    fill_avx2(kernels);
    fill_avx512(kernels);
    break;
  }
}

#endif
