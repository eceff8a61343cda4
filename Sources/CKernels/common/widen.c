// Stored numbers to float32.
#include "common/float_convert.h"
#include "common/x86/vector_avx512.h"

static void widen_scalar(const void *source, CKFloatType type, float *output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) output[i] = load_float(source, type, i);
}

#if CK_X86

CK_AVX512 static void widen_avx512(const void *source, CKFloatType type, float *output,
                                   ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i += 16) {
    __mmask16 mask = lanes_avx512(count - i);
    _mm512_mask_storeu_ps(output + i, mask, load_avx512(source, type, i, mask));
  }
}

#endif

void ck_widen(const void *source, CKFloatType type, float *output, ptrdiff_t count,
              CKInstructionSet set) {
#if CK_X86
  if (set == CKInstructionSetAVX512VNNI) {
    widen_avx512(source, type, output, count);
    return;
  }
#endif
  (void)set;
  widen_scalar(source, type, output, count);
}
