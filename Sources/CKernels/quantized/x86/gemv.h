// Products of few rows with panels of two halves of 8 outputs: how rows, groups and panels take
// turns. A template, for files that define
//
//   TARGET             the instruction set, as an attribute
//   MICROTILE_ROWS     the most rows that are computed together: four
//   PREFETCH_BYTES     how far ahead of its use memory is prefetched
//   ZERO_8             the zero point of 8 bits, where `sum_group_8` has not subtracted it
//   sum_group_4(block, codes, rows, sum), sum_group_8
//                      sum[r][h] = Σ code · activation of one group, 8 outputs for each half h of a
//                      panel; prefetches the lines of codes that are `PREFETCH_BYTES` ahead, in
//                      order
//
// before they include it. It defines `gemv`.

enum { MOST_PANELS = 2 };

// Rows `row..<row + rows`, at most `MICROTILE_ROWS`, times `panels` panels, each `apart` panels
// behind the one before; the first one's first output is `first`.
TARGET CK_INLINE void gemv_microtile(CKQuantizedRows input, ptrdiff_t row, const int rows,
                                     const char *panel, const int panels, ptrdiff_t apart,
                                     const int bits, CKQuantizedOutput output, ptrdiff_t first) {
  const ptrdiff_t bytes_apart = apart * input.groups * block_bytes(bits);
  __m256 total[MOST_PANELS][MICROTILE_ROWS][2];
  for (int p = 0; p < panels; p++)
    for (int r = 0; r < rows; r++) total[p][r][0] = total[p][r][1] = _mm256_setzero_ps();
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    ptrdiff_t item = group * input.rows + row;
    const int8_t *codes = input.codes + item * CK_GROUP_INPUTS;
#pragma clang loop unroll(full)
    for (int p = 0; p < panels; p++) {
      const char *block = panel + group * block_bytes(bits) + p * bytes_apart;
      __m256i sum[MICROTILE_ROWS][2];
      if (bits == 4)
        sum_group_4(block, codes, rows, sum);
      else
        sum_group_8(block, codes, rows, sum);
      _mm_prefetch(block + block_bytes(bits) - 64 + PREFETCH_BYTES, _MM_HINT_T0);
      for (int h = 0; h < 2; h++) {
        __m256 scale, zero;
        load_constants_avx2(block, bits, h, ZERO_8, &scale, &zero);
        for (int r = 0; r < rows; r++)
          total[p][r][h] = add_group_avx2(total[p][r][h], sum[r][h], scale, zero,
                                          _mm256_set1_ps(input.scales[item + r]),
                                          _mm256_set1_ps(input.sums[item + r]));
      }
    }
  }
  for (int p = 0; p < panels; p++)
    for (int r = 0; r < rows; r++)
      for (int h = 0; h < 2; h++)
        store_half_avx2(total[p][r][h], output, row + r,
                        first + CK_PANEL_OUTPUTS * p * apart + HALF_OUTPUTS * h);
}

// One row; the first half of the panels and the second are two streams of memory.
TARGET CK_INLINE void multiply_row(CKQuantizedRows input, const char *panel, const int bits,
                                   CKQuantizedOutput output) {
  const ptrdiff_t panels = (output.count + CK_PANEL_OUTPUTS - 1) / CK_PANEL_OUTPUTS;
  const ptrdiff_t half = panels / 2, panel_bytes = input.groups * block_bytes(bits);
  for (ptrdiff_t p = 0; p < half; p++)
    gemv_microtile(input, 0, 1, panel + p * panel_bytes, 2, half, bits, output,
                   p * CK_PANEL_OUTPUTS);
  if (panels % 2 != 0)
    gemv_microtile(input, 0, 1, panel + 2 * half * panel_bytes, 1, 0, bits, output,
                   2 * half * CK_PANEL_OUTPUTS);
}

TARGET CK_INLINE void multiply_rows(CKQuantizedRows input, const char *panel, const int bits,
                                    CKQuantizedOutput output) {
  for (ptrdiff_t first = 0; first < output.count; first += CK_PANEL_OUTPUTS) {
    ptrdiff_t row = 0;
    for (; input.rows - row >= MICROTILE_ROWS; row += MICROTILE_ROWS)
      gemv_microtile(input, row, MICROTILE_ROWS, panel, 1, 0, bits, output, first);
    switch (input.rows - row) {
    case 3: gemv_microtile(input, row, 3, panel, 1, 0, bits, output, first); break;
    case 2: gemv_microtile(input, row, 2, panel, 1, 0, bits, output, first); break;
    case 1: gemv_microtile(input, row, 1, panel, 1, 0, bits, output, first); break;
    }
    panel += input.groups * block_bytes(bits);
  }
}

TARGET CK_INLINE void multiply_panels(CKQuantizedRows input, const char *panel, const int bits,
                                      CKQuantizedOutput output) {
  if (input.rows == 1)
    multiply_row(input, panel, bits, output);
  else
    multiply_rows(input, panel, bits, output);
}

TARGET static void gemv(CKQuantizedRows input, CKQuantizedPanels weights,
                        CKQuantizedOutput output) {
  if (weights.bits == 4)
    multiply_panels(input, weights.panels, 4, output);
  else
    multiply_panels(input, weights.panels, 8, output);
}
