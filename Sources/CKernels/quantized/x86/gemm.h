// Products of many rows: how rows, groups and panels take turns. A template, for files that define
//
//   TARGET                             the instruction set, as an attribute
//   MICROTILE_ROWS, MICROTILE_PANELS   a microtile's rows, and the panels that take turns with it
//   BAND_ROWS, BAND_BYTES              the most rows of a band, and bytes of activations, for L2
//   GroupWeights                       one group of MICROTILE_PANELS panels, ready for products
//   load_weights(panel, panel_bytes, bits, panels, &weights)
//   gemm_microtile(rows, &weights, total, bits, panels)
//                                      adds one group's terms to totals
//                                      [MICROTILE_ROWS][MICROTILE_PANELS][16]
//   store_panel(totals, output, row, first)
//                                      stores 16 totals as results
//
// before they include it. It defines `gemm`.
//
// A group's weights stay in L1. A band's totals and activations stay in L2 for the next panels;
// weights come from memory or L3 once for each band. Weights and output lines are prefetched a few
// at a time, before each microtile; all lines of a group at once would fill the core's line
// buffers, and the products would wait behind them.

// At least so many rows share what is done once for a band.
enum { LEAST_BAND_ROWS = 8 * MICROTILE_ROWS };

// `gemm_microtile` for the last rows, fewer than a microtile: the missing ones are zeros.
TARGET CK_INLINE void last_gemm_microtile(GroupRows rows, ptrdiff_t count,
                                          const GroupWeights *weights, float *total, const int bits,
                                          const int panels) {
  int8_t codes[MICROTILE_ROWS * CK_GROUP_INPUTS] = {0};
  float scales[MICROTILE_ROWS] = {0}, sums[MICROTILE_ROWS] = {0};
  memcpy(codes, rows.codes, (size_t)count * CK_GROUP_INPUTS);
  memcpy(scales, rows.scales, (size_t)count * sizeof *scales);
  memcpy(sums, rows.sums, (size_t)count * sizeof *sums);
  gemm_microtile((GroupRows){codes, scales, sums}, weights, total, bits, panels);
}

// Prefetches a microtile's share of the lines of the next group's blocks, from `at` on.
TARGET CK_INLINE void prefetch_codes(const char *at, ptrdiff_t bytes, ptrdiff_t panel_bytes,
                                     const int panels) {
  for (int p = 0; p < panels; p++)
    for (ptrdiff_t line = 0; line < bytes; line += 64)
      _mm_prefetch(at + p * panel_bytes + line, _MM_HINT_T1);
}

// Prefetches a group's share of the lines that a microtile's results will be written to.
TARGET CK_INLINE void prefetch_results(CKQuantizedOutput output, ptrdiff_t row, ptrdiff_t group,
                                       ptrdiff_t groups, const int panels) {
  const int lines = MICROTILE_ROWS * panels;
  for (ptrdiff_t i = group * lines / groups; i < (group + 1) * lines / groups; i++) {
    const float *line = output.values + (row + i / panels) * output.stride;
    _mm_prefetch((const char *)(line + i % panels * CK_PANEL_OUTPUTS), _MM_HINT_T0);
  }
}

// Rows `first..<first + count`, at most `BAND_ROWS`, times `panels` panels.
TARGET CK_INLINE void multiply_band(CKQuantizedRows input, ptrdiff_t first, ptrdiff_t count,
                                    const char *panel, const int bits, const int panels,
                                    CKQuantizedOutput output) {
  _Alignas(64) float total[BAND_ROWS * MICROTILE_PANELS * CK_PANEL_OUTPUTS];
  const ptrdiff_t row_floats = MICROTILE_PANELS * CK_PANEL_OUTPUTS;
  const ptrdiff_t panel_bytes = input.groups * block_bytes(bits);
  const ptrdiff_t microtiles = (count + MICROTILE_ROWS - 1) / MICROTILE_ROWS;
  const ptrdiff_t share = (block_bytes(bits) / 64 + microtiles - 1) / microtiles * 64;
  memset(total, 0, (size_t)(microtiles * MICROTILE_ROWS * row_floats) * sizeof *total);
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    GroupWeights weights;
    load_weights(panel + group * block_bytes(bits), panel_bytes, bits, panels, &weights);
    const char *coming = panel + (group + 1) * block_bytes(bits);
    for (ptrdiff_t r = 0; r < count; r += MICROTILE_ROWS, coming += share) {
      prefetch_codes(coming, share, panel_bytes, panels);
      prefetch_results(output, first + r, group, input.groups, panels);
      ptrdiff_t item = group * input.rows + first + r;
      GroupRows rows = {input.codes + item * CK_GROUP_INPUTS, input.scales + item,
                        input.sums + item};
      float *target = total + r * row_floats;
      ptrdiff_t rest = count - r < MICROTILE_ROWS ? count - r : MICROTILE_ROWS;
      if (rest == MICROTILE_ROWS)
        gemm_microtile(rows, &weights, target, bits, panels);
      else
        last_gemm_microtile(rows, rest, &weights, target, bits, panels);
      if (group + 1 < input.groups) continue;
      for (ptrdiff_t q = 0; q < rest; q++)
        for (int p = 0; p < panels; p++)
          store_panel(target + q * row_floats + p * CK_PANEL_OUTPUTS, output, first + r + q,
                      p * CK_PANEL_OUTPUTS);
    }
  }
}

// Rows `first..<first + count` times all panels.
TARGET CK_INLINE void multiply_rows(CKQuantizedRows input, ptrdiff_t first, ptrdiff_t count,
                                    const char *panel, const int bits, CKQuantizedOutput output) {
  while (output.count > 0) {
    const ptrdiff_t whole = MICROTILE_PANELS * CK_PANEL_OUTPUTS;
    ptrdiff_t panels = output.count > whole - CK_PANEL_OUTPUTS ? MICROTILE_PANELS : 1;
    if (panels > 1)
      multiply_band(input, first, count, panel, bits, MICROTILE_PANELS, output);
    else
      multiply_band(input, first, count, panel, bits, 1, output);
    panel += panels * input.groups * block_bytes(bits);
    output = outputs_from(output, panels * CK_PANEL_OUTPUTS);
  }
}

// All rows, in bands.
TARGET static void gemm(CKQuantizedRows input, CKQuantizedPanels weights,
                        CKQuantizedOutput output) {
  // One more, since there may be no groups.
  ptrdiff_t row_bytes = input.groups * CK_GROUP_INPUTS + 1;
  ptrdiff_t band = BAND_BYTES / row_bytes / MICROTILE_ROWS * MICROTILE_ROWS;
  if (band < LEAST_BAND_ROWS) band = LEAST_BAND_ROWS;
  if (band > BAND_ROWS) band = BAND_ROWS;
  for (ptrdiff_t first = 0; first < input.rows; first += band) {
    ptrdiff_t count = input.rows - first < band ? input.rows - first : band;
    if (weights.bits == 4)
      multiply_rows(input, first, count, weights.panels, 4, output);
    else
      multiply_rows(input, first, count, weights.panels, 8, output);
  }
}
