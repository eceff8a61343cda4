#include "multiply_quantized.h"

// Many rows: prompts and pictures. Every weight is used for all rows, so the dot instructions are
// the limit: two of 64 products a cycle, on ports 0 and 5.
//
// A register tile of 6 rows × 64 outputs holds 24 sums, 4 vectors of codes and one of activations.
// For four inputs it takes 24 dot instructions, 12 cycles, for which 4 + 6 loads and 34 decoded
// instructions suffice; the loop runs at 12.04 cycles in llvm-mca. The end of a group costs four
// operations for each of the 24 vectors, on the same two ports: 48 cycles after 384, so 89 % of the
// peak remain at most. Unpacking four bits costs 64 vectors × 4 operations for each 64 outputs and
// group, 128 cycles for 44 tiles of 432: 1 %.
//
// The group's codes (8 KB) stay in L1. A block of 264 rows × 64 outputs of float totals (68 KB) and the
// block's activations, up to 512 KB, stay in L2 for the next panels; weights come from memory or L3
// once for each block. Weights and output lines are asked for in small portions, a few lines before
// each tile; asking for a whole group's lines at once fills the core's ten line buffers, and the
// products wait behind them.
//
// Measured on Cascade Lake, one core, best of 36 on 12 matrices in turn, in TOPS. Registers only: 0.60
// on constant operands; a tile alone, from L1: 0.57 on constant and 0.52 on random ones. Bits that
// toggle cost clock rate, so about 0.55 is what products of real numbers can reach. With blocks of 96
// rows:
//
//                                   this    burst prefetch, stores    nothing from or to memory
//                                           after all groups          (same weights, no output)
//   1025 × 1024 → 2048, 8 bits      0.43    0.38                      0.49
//   1025 × 4096 →  512, 8 bits      0.43    0.41                      0.47
//    512 ×  896 → 2432, 4 bits      0.42    0.38                      0.48
//
// Blocks of 264 rows bring 2 to 3 % more for a tile's four products, all 24 layers' weights, on two cores
// in turn, and up to 10 % when neighbours use the shared cache; 348 rows the same, 522 rows 2 % less.
//
// Tried and dropped: 6 × 32 −8 %, 8 × 48 −7 %, 12 × 32 −25 %; blocks of 24 rows −6 %, of 48 −3 %;
// unrolling 16 or 32 times −3 %; non-temporal stores −3 %; prefetching codes or totals into L1, huge
// pages for the output, the zero point 128 as the sums' start: no change. Storing results straight from
// the last group's registers costs 15 %, because the inner loop then spills.

#if CK_X86

enum {
  TILE_ROWS = 6,
  TILE_PANELS = 4,
  BLOCK_ROWS = 44 * TILE_ROWS,
  LEAST_BLOCK_ROWS = 8 * TILE_ROWS,
  // Half of a server core's L2 cache.
  BLOCK_BYTES = 512 << 10,
  CODE_BYTES = CK_GROUP_INPUTS * CK_PANEL_OUTPUTS,
};

/// One group of four panels: codes as bytes [32][64] for each panel, scales and zero points.
typedef struct {
  const uint8_t *codes[TILE_PANELS];
  __m512 scale[TILE_PANELS], zero[TILE_PANELS];
} GroupWeights;

/// One group of some rows: as in `CKQuantizedRows`, from the first row on.
typedef struct {
  const int8_t *codes;
  const float *scales, *sums;
} GroupRows;

/// Adds one group's terms to the totals [6 rows][4 panels][16] of `panels` panels.
CK_AVX512VNNI CK_INLINE void multiply_tile(GroupRows rows, const GroupWeights *weights,
                                           float *total, const int panels) {
  __m512i sum[TILE_ROWS][TILE_PANELS];
  for (int r = 0; r < TILE_ROWS; r++)
    for (int p = 0; p < panels; p++) sum[r][p] = _mm512_setzero_si512();
  for (int i = 0; i < CK_GROUP_INPUTS; i += 4) {
    __m512i codes[TILE_PANELS];
    for (int p = 0; p < panels; p++)
      codes[p] = _mm512_load_si512(weights->codes[p] + i * CK_PANEL_OUTPUTS);
    for (int r = 0; r < TILE_ROWS; r++) {
      int32_t four;
      memcpy(&four, rows.codes + r * CK_GROUP_INPUTS + i, sizeof four);
      __m512i activations = _mm512_set1_epi32(four);
      for (int p = 0; p < panels; p++)
        sum[r][p] = _mm512_dpbusd_epi32(sum[r][p], codes[p], activations);
    }
  }
  for (int p = 0; p < panels; p++) {
    for (int r = 0; r < TILE_ROWS; r++) {
      float *target = total + (r * TILE_PANELS + p) * CK_PANEL_OUTPUTS;
      __m512 value = add_group_avx512(_mm512_load_ps(target), sum[r][p], weights->scale[p],
                                      weights->zero[p], rows.scales[r], rows.sums[r]);
      _mm512_store_ps(target, value);
    }
  }
}

/// The same for the last, fewer than six rows: the missing ones are zeros.
CK_AVX512VNNI CK_INLINE void multiply_last_tile(GroupRows rows, ptrdiff_t count,
                                                const GroupWeights *weights, float *total,
                                                const int panels) {
  int8_t codes[TILE_ROWS * CK_GROUP_INPUTS] = {0};
  float scales[TILE_ROWS] = {0}, sums[TILE_ROWS] = {0};
  memcpy(codes, rows.codes, (size_t)count * CK_GROUP_INPUTS);
  memcpy(scales, rows.scales, (size_t)count * sizeof *scales);
  memcpy(sums, rows.sums, (size_t)count * sizeof *sums);
  multiply_tile((GroupRows){codes, scales, sums}, weights, total, panels);
}

/// Four-bit codes of a block as bytes [32][64].
CK_AVX512VNNI CK_INLINE void unpack_codes(const char *block, uint8_t *codes) {
  const __m512i low = _mm512_set1_epi8(15);
  for (int v = 0; v < 16; v++) {
    __m512i pair = _mm512_load_si512(block + 64 * v);
    _mm512_store_si512(codes + 128 * v, _mm512_and_si512(pair, low));
    _mm512_store_si512(codes + 128 * v + 64, _mm512_and_si512(_mm512_srli_epi16(pair, 4), low));
  }
}

/// Asks for a tile's share of the lines of the next group's blocks; `at` is the tile's place in one.
CK_AVX512VNNI CK_INLINE void prefetch_codes(const char *at, ptrdiff_t bytes, ptrdiff_t panel_bytes,
                                            const int panels) {
  for (int p = 0; p < panels; p++)
    for (ptrdiff_t line = 0; line < bytes; line += 64)
      _mm_prefetch(at + p * panel_bytes + line, _MM_HINT_T1);
}

/// Asks for a group's share of the lines that a tile's results will be written to.
CK_AVX512VNNI CK_INLINE void prefetch_results(CKQuantizedOutput output, ptrdiff_t row,
                                              ptrdiff_t group, ptrdiff_t groups,
                                              const int panels) {
  const int lines = TILE_ROWS * panels;
  for (ptrdiff_t i = group * lines / groups; i < (group + 1) * lines / groups; i++) {
    const float *line = output.values + (row + i / panels) * output.stride;
    _mm_prefetch((const char *)(line + i % panels * CK_PANEL_OUTPUTS), _MM_HINT_T0);
  }
}

/// Rows `first..<first + count`, at most `BLOCK_ROWS`, times `panels` panels.
CK_AVX512VNNI CK_INLINE void multiply_block(CKQuantizedRows input, ptrdiff_t first, ptrdiff_t count,
                                            const char *panel, const int bits, const int panels,
                                            CKQuantizedOutput output) {
  _Alignas(64) float total[BLOCK_ROWS * TILE_PANELS * CK_PANEL_OUTPUTS];
  _Alignas(64) uint8_t bytes[TILE_PANELS][CODE_BYTES];
  const ptrdiff_t row_floats = TILE_PANELS * CK_PANEL_OUTPUTS;
  const ptrdiff_t panel_bytes = input.groups * block_bytes(bits);
  const ptrdiff_t tiles = (count + TILE_ROWS - 1) / TILE_ROWS;
  const ptrdiff_t share = (block_bytes(bits) / 64 + tiles - 1) / tiles * 64;
  memset(total, 0, (size_t)(tiles * TILE_ROWS * row_floats) * sizeof *total);
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    GroupWeights weights;
    for (int p = 0; p < panels; p++) {
      const char *block = panel + p * panel_bytes + group * block_bytes(bits);
      weights.codes[p] = bits == 4 ? bytes[p] : (const uint8_t *)block;
      if (bits == 4) unpack_codes(block, bytes[p]);
      load_constants_avx512(block + block_bytes(bits) - 64, bits, &weights.scale[p],
                            &weights.zero[p]);
    }
    const char *coming = panel + (group + 1) * block_bytes(bits);
    for (ptrdiff_t r = 0; r < count; r += TILE_ROWS, coming += share) {
      prefetch_codes(coming, share, panel_bytes, panels);
      prefetch_results(output, first + r, group, input.groups, panels);
      ptrdiff_t item = group * input.rows + first + r;
      GroupRows rows = {input.codes + item * CK_GROUP_INPUTS, input.scales + item,
                        input.sums + item};
      float *target = total + r * row_floats;
      ptrdiff_t rest = count - r < TILE_ROWS ? count - r : TILE_ROWS;
      if (rest == TILE_ROWS)
        multiply_tile(rows, &weights, target, panels);
      else
        multiply_last_tile(rows, rest, &weights, target, panels);
      if (group + 1 < input.groups) continue;
      for (ptrdiff_t q = 0; q < rest; q++)
        for (int p = 0; p < panels; p++)
          store_panel_avx512(_mm512_load_ps(target + q * row_floats + p * CK_PANEL_OUTPUTS), output,
                             first + r + q, p * CK_PANEL_OUTPUTS);
    }
  }
}

CK_AVX512VNNI CK_INLINE void multiply_rows(CKQuantizedRows input, ptrdiff_t first, ptrdiff_t count,
                                           const char *panel, const int bits,
                                           CKQuantizedOutput output) {
  while (output.count > 0) {
    const ptrdiff_t whole = TILE_PANELS * CK_PANEL_OUTPUTS;
    ptrdiff_t panels = output.count > whole - CK_PANEL_OUTPUTS ? TILE_PANELS : 1;
    if (panels > 1)
      multiply_block(input, first, count, panel, bits, TILE_PANELS, output);
    else
      multiply_block(input, first, count, panel, bits, 1, output);
    panel += panels * input.groups * block_bytes(bits);
    output = outputs_from(output, panels * CK_PANEL_OUTPUTS);
  }
}

CK_AVX512VNNI void ck_multiply_many_avx512vnni(CKQuantizedRows input, CKQuantizedPanels weights,
                                               CKQuantizedOutput output) {
  ptrdiff_t row_bytes = input.groups * CK_GROUP_INPUTS + 1;
  ptrdiff_t block = BLOCK_BYTES / row_bytes / TILE_ROWS * TILE_ROWS;
  if (block < LEAST_BLOCK_ROWS) block = LEAST_BLOCK_ROWS;
  if (block > BLOCK_ROWS) block = BLOCK_ROWS;
  for (ptrdiff_t first = 0; first < input.rows; first += block) {
    ptrdiff_t count = input.rows - first < block ? input.rows - first : block;
    if (weights.bits == 4)
      multiply_rows(input, first, count, weights.panels, 4, output);
    else
      multiply_rows(input, first, count, weights.panels, 8, output);
  }
}

#endif
