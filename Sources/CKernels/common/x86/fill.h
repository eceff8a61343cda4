// What fills a table with kernels for x86.
#ifndef CK_COMMON_X86_FILL_H
#define CK_COMMON_X86_FILL_H

#include "include/kernels.h"

void ck_fill_attend_row_avx2(CKKernels *kernels);
void ck_fill_attend_rows_avx2(CKKernels *kernels);
void ck_fill_gelu_avx2(CKKernels *kernels);
void ck_fill_gemm_avx2(CKKernels *kernels);
void ck_fill_gemv_avx2(CKKernels *kernels);
void ck_fill_machine_limits_avx2(CKKernels *kernels);
void ck_fill_norms_avx2(CKKernels *kernels);
void ck_fill_pack_awq_avx2(CKKernels *kernels);
void ck_fill_pack_panels_avx2(CKKernels *kernels);
void ck_fill_quantize_group_avx2(CKKernels *kernels);
void ck_fill_quantized_gemm_avx2(CKKernels *kernels);
void ck_fill_quantized_gemv_avx2(CKKernels *kernels);
void ck_fill_rotary_avx2(CKKernels *kernels);
void ck_fill_screen_avx2(CKKernels *kernels);
void ck_fill_silu_multiply_avx2(CKKernels *kernels);
void ck_fill_unpack_block_avx2(CKKernels *kernels);

void ck_fill_attend_row_avxvnni(CKKernels *kernels);
void ck_fill_attend_rows_avxvnni(CKKernels *kernels);
void ck_fill_machine_limits_avxvnni(CKKernels *kernels);
void ck_fill_quantized_gemm_avxvnni(CKKernels *kernels);
void ck_fill_quantized_gemv_avxvnni(CKKernels *kernels);

void ck_fill_attend_row_avx512(CKKernels *kernels);
void ck_fill_attend_rows_avx512(CKKernels *kernels);
void ck_fill_gelu_avx512(CKKernels *kernels);
void ck_fill_gemm_avx512(CKKernels *kernels);
void ck_fill_gemv_avx512(CKKernels *kernels);
void ck_fill_machine_limits_avx512(CKKernels *kernels);
void ck_fill_norms_avx512(CKKernels *kernels);
void ck_fill_pack_awq_avx512(CKKernels *kernels);
void ck_fill_pack_panels_avx512(CKKernels *kernels);
void ck_fill_quantize_group_avx512(CKKernels *kernels);
void ck_fill_quantized_gemm_avx512(CKKernels *kernels);
void ck_fill_quantized_gemv_avx512(CKKernels *kernels);
void ck_fill_rotary_avx512(CKKernels *kernels);
void ck_fill_screen_avx512(CKKernels *kernels);
void ck_fill_silu_multiply_avx512(CKKernels *kernels);
void ck_fill_unpack_block_avx512(CKKernels *kernels);
void ck_fill_widen_avx512(CKKernels *kernels);

#endif
