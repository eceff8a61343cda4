// Stored numbers to float32 with AVX-512.
#include "common/x86/fill.h"
#include "common/x86/vector_avx512.h"

#if CK_X86

CK_AVX512 static void widen_avx512(const void *source, CKFloatType type, float *output,
                                   ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = elements_avx512(count - i);
    _mm512_mask_storeu_ps(output + i, mask, load_avx512(source, type, i, mask));
  }
}

void ck_fill_widen_avx512(CKKernels *kernels) { kernels->widen = widen_avx512; }

#endif
