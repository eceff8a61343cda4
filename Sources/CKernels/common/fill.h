// What fills a table of kernels: each file has a function that sets the rows it defines.
#ifndef CK_COMMON_FILL_H
#define CK_COMMON_FILL_H

#include "include/kernels.h"

// The portable definitions: together all rows.
void ck_fill_attend(CKKernels *kernels);
void ck_fill_gelu(CKKernels *kernels);
void ck_fill_gemm(CKKernels *kernels);
void ck_fill_gemv(CKKernels *kernels);
void ck_fill_machine_limits(CKKernels *kernels);
void ck_fill_norms(CKKernels *kernels);
void ck_fill_pack_awq(CKKernels *kernels);
void ck_fill_pack_panels(CKKernels *kernels);
void ck_fill_quantize_group(CKKernels *kernels);
void ck_fill_quantized_multiply(CKKernels *kernels);
void ck_fill_rotary(CKKernels *kernels);
void ck_fill_screen(CKKernels *kernels);
void ck_fill_silu_multiply(CKKernels *kernels);
void ck_fill_unpack_block(CKKernels *kernels);
void ck_fill_widen(CKKernels *kernels);

// What an architecture's sets override; sets of others change nothing.
void ck_fill_x86(CKKernels *kernels, CKInstructionSet set);

#endif
