// AWQ's gemm order to panels with AVX2 and AVX-512.
//
// With AVX2, one panel × 8 inputs at a time: 8 bytes each of eight rows in, 64 bytes out. With
// AVX-512, 8 panels × 8 inputs: eight cache lines in, eight vectors out, about 90 operations. A
// group's 128 rows of words are too many streams for the hardware prefetcher, so those of the next
// panels are prefetched. What is left goes to the set below. (benchmarks/notes/packing.md)
#include "quantized/pack_awq.h"
#include "common/x86/fill.h"
#include "common/x86/target.h"

#if CK_X86

// Eight inputs of a whole panel: `rows` are `stride` bytes apart, 8 bytes of each are read.
CK_AVX2 CK_INLINE void pack_inputs_avx2(const char *rows, ptrdiff_t stride, uint8_t *vector) {
  const __m128i low = _mm_set1_epi8(15);
  __m128i even[4], odd[4];
  for (int j = 0; j < 4; j++) {
    __m128i first = _mm_loadl_epi64((const __m128i *)(rows + j * stride));
    __m128i second = _mm_loadl_epi64((const __m128i *)(rows + (j + 4) * stride));
    _mm_prefetch(rows + j * stride + 64, _MM_HINT_T0);
    _mm_prefetch(rows + (j + 4) * stride + 64, _MM_HINT_T0);
    even[j] =
        _mm_or_si128(_mm_and_si128(first, low), _mm_andnot_si128(low, _mm_slli_epi16(second, 4)));
    odd[j] =
        _mm_or_si128(_mm_and_si128(_mm_srli_epi16(first, 4), low), _mm_andnot_si128(low, second));
  }
  // Bytes of four inputs of one output side by side, outputs in the order of the nibbles: 0 4 1 5,
  // then 2 6 3 7.
  const __m128i left = _mm_unpacklo_epi8(even[0], even[1]);
  const __m128i right = _mm_unpacklo_epi8(even[2], even[3]);
  const __m128i left2 = _mm_unpacklo_epi8(odd[0], odd[1]);
  const __m128i right2 = _mm_unpacklo_epi8(odd[2], odd[3]);
  for (int word = 0; word < 2; word++) {
    __m128 outputs =
        _mm_castsi128_ps(word ? _mm_unpackhi_epi16(left, right) : _mm_unpacklo_epi16(left, right));
    __m128 outputs2 = _mm_castsi128_ps(word ? _mm_unpackhi_epi16(left2, right2)
                                            : _mm_unpacklo_epi16(left2, right2));
    float *target = (float *)vector + 8 * word;
    _mm_store_ps(target, _mm_shuffle_ps(outputs, outputs2, 0x88));
    _mm_store_ps(target + 4, _mm_shuffle_ps(outputs, outputs2, 0xdd));
  }
}

// The whole panels of `first..<last`; returns the first one left.
CK_AVX2 static ptrdiff_t pack_panels_avx2(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last,
                                          uint8_t *into) {
  const ptrdiff_t stride = matrix.outputs / 2, whole = matrix.outputs / CK_PANEL_OUTPUTS;
  const ptrdiff_t end = last < whole ? last : whole;
  for (ptrdiff_t group = 0; group < matrix.groups; group++)
    for (ptrdiff_t panel = first; panel < end; panel++) {
      const char *rows = (const char *)matrix.words + group * CK_GROUP_INPUTS * stride + panel * 8;
      uint8_t *block = into + (panel * matrix.groups + group) * CK_BLOCK_BYTES_4;
      for (int v = 0; v < CK_GROUP_INPUTS / 8; v++)
        pack_inputs_avx2(rows + 8 * v * stride, stride, block + 64 * v);
      pack_constants(matrix, group, panel * CK_PANEL_OUTPUTS, CK_PANEL_OUTPUTS, block);
    }
  return first > end ? first : end;
}

enum { VECTOR_PANELS = 8 };

// Four vectors of 4 × 128 bits to their transpose: result l holds the l-th quarter of each.
CK_AVX512 CK_INLINE void transpose_quarters(const __m512i from[4], __m512i into[4]) {
  __m512i low = _mm512_shuffle_i32x4(from[0], from[1], 0x44);
  __m512i high = _mm512_shuffle_i32x4(from[0], from[1], 0xee);
  __m512i low2 = _mm512_shuffle_i32x4(from[2], from[3], 0x44);
  __m512i high2 = _mm512_shuffle_i32x4(from[2], from[3], 0xee);
  into[0] = _mm512_shuffle_i32x4(low, low2, 0x88);
  into[1] = _mm512_shuffle_i32x4(low, low2, 0xdd);
  into[2] = _mm512_shuffle_i32x4(high, high2, 0x88);
  into[3] = _mm512_shuffle_i32x4(high, high2, 0xdd);
}

// Eight inputs of eight panels: `rows` are `stride` bytes apart, 64 bytes of each are read; one
// vector goes to each panel's block, which are `panel_bytes` apart.
CK_AVX512 CK_INLINE void pack_inputs_avx512(const char *rows, ptrdiff_t stride, uint8_t *block,
                                            ptrdiff_t panel_bytes) {
  const __m512i low = _mm512_set1_epi8(15);
  // Bytes of four inputs of one word follow the nibbles: outputs 0 4 1 5, then 2 6 3 7.
  const __m512i order = _mm512_setr_epi32(0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15);
  __m512i even[4], odd[4];
  for (int j = 0; j < 4; j++) {
    __m512i first = _mm512_loadu_si512(rows + j * stride);
    __m512i second = _mm512_loadu_si512(rows + (j + 4) * stride);
    _mm_prefetch(rows + j * stride + 64, _MM_HINT_T0);
    _mm_prefetch(rows + (j + 4) * stride + 64, _MM_HINT_T0);
    even[j] = _mm512_or_si512(_mm512_and_si512(first, low),
                              _mm512_andnot_si512(low, _mm512_slli_epi16(second, 4)));
    odd[j] = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(first, 4), low),
                             _mm512_andnot_si512(low, second));
  }
  for (int half = 0; half < 2; half++) {
    __m512i parts[4], panels[4];
    for (int k = 0; k < 2; k++) {
      const __m512i *from = k == 0 ? even : odd;
      __m512i left =
          half ? _mm512_unpackhi_epi8(from[0], from[1]) : _mm512_unpacklo_epi8(from[0], from[1]);
      __m512i right =
          half ? _mm512_unpackhi_epi8(from[2], from[3]) : _mm512_unpacklo_epi8(from[2], from[3]);
      parts[2 * k] = _mm512_unpacklo_epi16(left, right);
      parts[2 * k + 1] = _mm512_unpackhi_epi16(left, right);
    }
    transpose_quarters(parts, panels);
    for (int quarter = 0; quarter < 4; quarter++)
      _mm512_store_si512(block + (2 * quarter + half) * panel_bytes,
                         _mm512_permutexvar_epi32(order, panels[quarter]));
  }
}

// One group of eight whole panels, of which `block` is the first.
CK_AVX512 static void pack_blocks_avx512(CKAWQMatrix matrix, ptrdiff_t group, ptrdiff_t first,
                                         uint8_t *block, ptrdiff_t panel_bytes) {
  const ptrdiff_t stride = matrix.outputs / 2;
  const char *rows = (const char *)matrix.words + group * CK_GROUP_INPUTS * stride + first / 2;
  for (int v = 0; v < CK_GROUP_INPUTS / 8; v++)
    pack_inputs_avx512(rows + 8 * v * stride, stride, block + 64 * v, panel_bytes);
  for (int panel = 0; panel < VECTOR_PANELS; panel++)
    pack_constants(matrix, group, first + panel * CK_PANEL_OUTPUTS, CK_PANEL_OUTPUTS,
                   block + panel * panel_bytes);
}

// Whole eights of the panels `first..<last`; returns the first one left.
static ptrdiff_t pack_panels_avx512(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last,
                                    uint8_t *into) {
  const ptrdiff_t panel_bytes = matrix.groups * CK_BLOCK_BYTES_4;
  if (last > matrix.outputs / CK_PANEL_OUTPUTS) last = matrix.outputs / CK_PANEL_OUTPUTS;
  if (last < first) return first;
  const ptrdiff_t end = first + (last - first) / VECTOR_PANELS * VECTOR_PANELS;
  for (ptrdiff_t group = 0; group < matrix.groups; group++)
    for (ptrdiff_t panel = first; panel < end; panel += VECTOR_PANELS)
      pack_blocks_avx512(matrix, group, panel * CK_PANEL_OUTPUTS,
                         into + panel * panel_bytes + group * CK_BLOCK_BYTES_4, panel_bytes);
  return end;
}

static void pack_avx2(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last, void *into) {
  ck_pack_awq_scalar(matrix, pack_panels_avx2(matrix, first, last, into), last, into);
}

static void pack_avx512(CKAWQMatrix matrix, ptrdiff_t first, ptrdiff_t last, void *into) {
  pack_avx2(matrix, pack_panels_avx512(matrix, first, last, into), last, into);
}

void ck_fill_pack_awq_avx2(CKKernels *kernels) { kernels->pack_awq = pack_avx2; }

void ck_fill_pack_awq_avx512(CKKernels *kernels) { kernels->pack_awq = pack_avx512; }

#endif
