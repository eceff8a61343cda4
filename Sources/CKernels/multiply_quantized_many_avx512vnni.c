#include "multiply_quantized.h"

// Many rows: prompts and pictures. Every weight is used for all rows, so the dot instructions are
// the limit: two of 64 products a cycle, on ports 0 and 5.
//
// A register tile of 6 rows × 64 outputs holds 24 sums, 4 vectors of codes and one of activations.
// For four inputs it takes 24 dot instructions, 12 cycles, for which 4 + 6 loads and 34 decoded
// instructions suffice; the loop runs at 12.04 cycles in llvm-mca. The end of a group costs four
// operations for each of the 24 vectors, on the same two ports: 48 cycles after 384, so 89 % of the
// peak remain at most. Unpacking four bits costs 64 vectors × 4 operations for each 64 outputs and
// group, 128 cycles for 16 tiles of 432: 2 %.
//
// A block of 96 rows × 64 outputs of float totals (24 KB), the group's codes (8 KB) and the rows'
// activations that stream by (768 bytes a tile) stay near; all rows of the block, up to 512 KB, stay
// in the L2 cache for the next panels.
//
// Measured on Cascade Lake (processor time, one core, best of 20, while other work kept both cores
// busy; registers-only peak 0.61 TOPS): 480 rows × 896: 8 bits 0.46–0.47, 4 bits 0.44–0.46 TOPS
// (72–77 %); without the end of a group 0.50–0.52 (84 %), so of the missing quarter the group ends
// are a third; the rest was not found: it is neither the totals' loads (leaving them out changes
// nothing), nor the unpacking (8 bits need none), nor mispredicted loop ends (unrolling fully changes
// nothing).
//
// Tried and dropped, in a noisier hour, best of 24, two cores: 6 × 64 0.77–0.82 TOPS, 6 × 32 0.73,
// 8 × 48 0.74, 12 × 32 0.60. Blocks of 24 rows −6 %, of 48 −3 %. Unrolling 16 or 32 times −3 %.
// Prefetching the next tile's activations and the next group's codes into L1: −1 %.

#if CK_X86

enum {
  TILE_ROWS = 6,
  TILE_PANELS = 4,
  BLOCK_ROWS = 16 * TILE_ROWS,
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

/// Rows `first..<first + count`, at most 96, times `panels` panels.
CK_AVX512VNNI CK_INLINE void multiply_block(CKQuantizedRows input, ptrdiff_t first, ptrdiff_t count,
                                            const char *panel, const int bits, const int panels,
                                            CKQuantizedOutput output) {
  _Alignas(64) float total[BLOCK_ROWS * TILE_PANELS * CK_PANEL_OUTPUTS];
  _Alignas(64) uint8_t bytes[TILE_PANELS][CODE_BYTES];
  const ptrdiff_t row_floats = TILE_PANELS * CK_PANEL_OUTPUTS;
  const ptrdiff_t tiles = (count + TILE_ROWS - 1) / TILE_ROWS;
  memset(total, 0, (size_t)(tiles * TILE_ROWS * row_floats) * sizeof *total);
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    GroupWeights weights;
    for (int p = 0; p < panels; p++) {
      const char *block = panel + (p * input.groups + group) * block_bytes(bits);
      for (int line = 0; line < block_bytes(bits); line += 64)
        _mm_prefetch(block + block_bytes(bits) + line, _MM_HINT_T1);
      weights.codes[p] = bits == 4 ? bytes[p] : (const uint8_t *)block;
      if (bits == 4) unpack_codes(block, bytes[p]);
      load_constants_avx512(block + block_bytes(bits) - 64, bits, &weights.scale[p],
                            &weights.zero[p]);
    }
    for (ptrdiff_t r = 0; r < count; r += TILE_ROWS) {
      ptrdiff_t item = group * input.rows + first + r;
      GroupRows rows = {input.codes + item * CK_GROUP_INPUTS, input.scales + item,
                        input.sums + item};
      if (count - r >= TILE_ROWS)
        multiply_tile(rows, &weights, total + r * row_floats, panels);
      else
        multiply_last_tile(rows, count - r, &weights, total + r * row_floats, panels);
    }
  }
  for (ptrdiff_t r = 0; r < count; r++)
    for (int p = 0; p < panels; p++)
      store_panel_avx512(_mm512_load_ps(total + r * row_floats + p * CK_PANEL_OUTPUTS), output,
                         first + r, p * CK_PANEL_OUTPUTS);
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
    output.values += panels * CK_PANEL_OUTPUTS;
    output.count -= panels * CK_PANEL_OUTPUTS;
    if (output.bias) output.bias += panels * CK_PANEL_OUTPUTS;
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
