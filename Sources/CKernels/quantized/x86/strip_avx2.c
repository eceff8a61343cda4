// Products of eight rows with 4-bit weights, AVX2: decoding of eight sequences, which waits for
// instructions, not for memory.
//
// All rows are computed together for half a panel, so that codes are unpacked once. A group's
// activations are copied to where a product takes them as its memory operand, each four of them
// eight times (8 KB). A chunk of 32 panels is multiplied with one group, its totals (16 KB) beside
// the copies in L1, before the next group is copied. Sums stay in int16 for 64 inputs
// (`Strip.start`).
//
// Roofline: 3.1 instructions for 32 multiply-adds, where two are the least. Blocks are prefetched
// four ahead, because the hardware does not foresee 1 KB here and 1 KB there.
// (benchmarks/notes/quantized-gemv.md)
#include "quantized/x86/multiply_avx2.h"

#if CK_X86

enum {
  STRIP_ROWS = 8,
  STEPS = CK_GROUP_INPUTS / 4,
  CHUNK_PANELS = 32,
  BLOCKS_AHEAD = 4,
};

// One group of the rows.
typedef struct {
  // Codes of four inputs, eight times.
  _Alignas(64) int8_t fours[STEPS][STRIP_ROWS][32];
  // For each half of the group what the sums of even and of odd pairs of inputs begin with, 16 bits
  // each: −8 times the sum of the codes that they take.
  //
  // Σ weight · code of 32 products of a 16-bit element can be 60,960, but Σ (weight − 8) · code is
  // 32,512 at most: such a sum may overflow on its way, but not in the end.
  int32_t start[2][STRIP_ROWS];
  // 8 times the sum of all codes, eight times, which is added in int32 afterwards.
  __m256i back[STRIP_ROWS];
  // A row's scale and sum, eight times.
  __m256 scale[STRIP_ROWS], sum[STRIP_ROWS];
} Strip;

CK_AVX2 CK_INLINE void load_strip(GroupRows rows, Strip *strip) {
  for (int step = 0; step < STEPS; step++)
    for (int r = 0; r < STRIP_ROWS; r++)
      _mm256_store_si256((__m256i *)strip->fours[step][r],
                         broadcast_four(rows.codes + r * CK_GROUP_INPUTS + 4 * step));
  const __m256i eight = _mm256_set1_epi8(8);
  for (int r = 0; r < STRIP_ROWS; r++) {
    __m128i back = _mm_setzero_si128();
    for (int half = 0; half < 2; half++) {
      const int8_t *first = rows.codes + r * CK_GROUP_INPUTS + 64 * half;
      __m256i pairs[2];
      for (int v = 0; v < 2; v++)
        pairs[v] = _mm256_maddubs_epi16(eight, _mm256_loadu_si256((const __m256i *)first + v));
      __m256i all = _mm256_add_epi16(pairs[0], pairs[1]);
      __m128i sums = _mm_add_epi16(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
      sums = _mm_add_epi16(sums, _mm_shuffle_epi32(sums, 0x4e));
      sums = _mm_add_epi16(sums, _mm_shuffle_epi32(sums, 0xb1));
      strip->start[half][r] = _mm_cvtsi128_si32(_mm_sub_epi16(_mm_setzero_si128(), sums));
      back = _mm_add_epi32(back, _mm_madd_epi16(sums, _mm_set1_epi16(1)));
    }
    strip->back[r] = _mm256_broadcastd_epi32(back);
    strip->scale[r] = _mm256_set1_ps(rows.scales[r]);
    strip->sum[r] = _mm256_set1_ps(rows.sums[r]);
  }
}

// sum[r] = Σ code · activation of one group, 8 outputs of half `h` of a panel; prefetches half the
// lines of `coming`.
CK_AVX2 CK_INLINE void sum_half(const char *block, int h, const Strip *strip, const char *coming,
                                __m256i sum[STRIP_ROWS]) {
  const __m256i low = _mm256_set1_epi8(15), one = _mm256_set1_epi16(1);
  __m256i first[STRIP_ROWS], wide[STRIP_ROWS];
#pragma clang loop unroll(disable)
  for (int half = 0; half < 2; half++) {
    const char *both = block + 512 * half + 32 * h;
    const char *line = coming + 512 * half + 256 * h;
    const char *fours = (const char *)strip->fours[half * STEPS / 2][STRIP_ROWS / 2];
    __m256i pairs[STRIP_ROWS];
    for (int r = 0; r < STRIP_ROWS; r++) pairs[r] = _mm256_set1_epi32(strip->start[half][r]);
#pragma clang loop unroll(full)
    for (int step = 0; step < STEPS / 2; step++) {
      __m256i codes = _mm256_load_si256((const __m256i *)(both + step / 2 * 64));
      if (step % 4 == 0) _mm_prefetch(line + step / 4 * 64, _MM_HINT_T0);
      if (step % 2 != 0) codes = _mm256_srli_epi16(codes, 4);
      codes = _mm256_and_si256(codes, low);
      // The compiler advances the pointer itself, so that offsets are −128 to 96: they fit a byte.
      __asm__("" : "+r"(fours));
      for (int r = 0; r < STRIP_ROWS; r++) {
        __m256i four = _mm256_load_si256((const __m256i *)fours + r - STRIP_ROWS / 2);
        pairs[r] = _mm256_add_epi16(pairs[r], _mm256_maddubs_epi16(codes, four));
        KEEP_ORDER(pairs[r]);
      }
      fours += sizeof strip->fours[0];
    }
    for (int r = 0; r < STRIP_ROWS; r++) wide[r] = _mm256_madd_epi16(pairs[r], one);
    for (int r = 0; half == 0 && r < STRIP_ROWS; r++) {
      first[r] = _mm256_add_epi32(wide[r], strip->back[r]);
      // The registers are full: these stay in memory.
      __asm__("" : "+m"(first[r]));
    }
  }
  for (int r = 0; r < STRIP_ROWS; r++) sum[r] = _mm256_add_epi32(first[r], wide[r]);
}

// The rows times at most `CHUNK_PANELS` panels.
CK_AVX2 CK_INLINE void multiply_chunk(CKQuantizedRows input, const char *panel, ptrdiff_t panels,
                                      CKQuantizedOutput output) {
  _Alignas(64) float total[CHUNK_PANELS][STRIP_ROWS][CK_PANEL_OUTPUTS];
  const ptrdiff_t panel_bytes = input.groups * CK_BLOCK_BYTES_4;
  memset(total, 0, (size_t)panels * sizeof *total);
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    const ptrdiff_t item = group * STRIP_ROWS;
    GroupRows rows = {input.codes + item * CK_GROUP_INPUTS, input.scales + item, input.sums + item};
    Strip strip;
    load_strip(rows, &strip);
    const char *block = panel + group * CK_BLOCK_BYTES_4;
    for (ptrdiff_t p = 0; p < panels; p++, block += panel_bytes) {
      const char *coming = block + BLOCKS_AHEAD * panel_bytes;
      if (p + BLOCKS_AHEAD >= panels) coming += CK_BLOCK_BYTES_4 - panels * panel_bytes;
      for (int h = 0; h < 2; h++) {
        __m256i sum[STRIP_ROWS];
        sum_half(block, h, &strip, coming, sum);
        __m256 scale, zero;
        load_constants_avx2(block, 4, h, 0, &scale, &zero);
        for (int r = 0; r < STRIP_ROWS; r++) {
          float *target = total[p][r] + HALF_OUTPUTS * h;
          _mm256_store_ps(target, add_group_avx2(_mm256_load_ps(target), sum[r], scale, zero,
                                                 strip.scale[r], strip.sum[r]));
        }
      }
      _mm_prefetch(coming + CK_BLOCK_BYTES_4 - 64, _MM_HINT_T0);
    }
  }
  for (ptrdiff_t p = 0; p < panels; p++)
    for (int r = 0; r < STRIP_ROWS; r++) store_panel(total[p][r], output, r, p * CK_PANEL_OUTPUTS);
}

CK_AVX2 void ck_multiply_strip_avx2(CKQuantizedRows input, CKQuantizedPanels weights,
                                    CKQuantizedOutput output) {
  const ptrdiff_t panels = (output.count + CK_PANEL_OUTPUTS - 1) / CK_PANEL_OUTPUTS;
  const ptrdiff_t chunks = (panels + CHUNK_PANELS - 1) / CHUNK_PANELS;
  const char *panel = weights.panels;
  for (ptrdiff_t chunk = 0; chunk < chunks; chunk++) {
    const ptrdiff_t count = panels * (chunk + 1) / chunks - panels * chunk / chunks;
    multiply_chunk(input, panel, count, output);
    panel += count * input.groups * CK_BLOCK_BYTES_4;
    output = outputs_from(output, count * CK_PANEL_OUTPUTS);
  }
}

#endif
