// The AVX-512 version of `pack_panels`, which attention calls for keys.
#ifndef CK_FLOAT_X86_PACK_PANELS_AVX512_H
#define CK_FLOAT_X86_PACK_PANELS_AVX512_H

#include <stddef.h>

#include "include/float_type.h"

void ck_pack_panels_avx512(const void *weights, CKFloatType type, ptrdiff_t stride,
                           ptrdiff_t outputs, ptrdiff_t count, float *panels,
                           ptrdiff_t panel_stride);

#endif
