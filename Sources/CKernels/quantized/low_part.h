// What the low halves add to an estimate. A template, for files that define
//
//   TARGET        the instruction set, as an attribute; empty for portable C
//   dot(low, codes)
//                 Σ low · code of a group of 128 inputs, an int32_t
//   half(bits)    the value of a float16
//
// before they include it, once a set.

TARGET static float LOW_PART(CKQuantizedRows input, ptrdiff_t row, CKScreenedWeights weights,
                             ptrdiff_t output) {
  // Every set rounds products and sums alike.
#pragma clang fp contract(off)
  const char *constants = (const char *)weights.high + CK_BLOCK_BYTES_4 - 64 +
                          output / CK_PANEL_OUTPUTS * input.groups * CK_BLOCK_BYTES_4 +
                          output % CK_PANEL_OUTPUTS * 2;
  const uint8_t *low = weights.low + output * input.groups * CK_LOW_BYTES;
  float total = 0;
  for (ptrdiff_t group = 0; group < input.groups; group++) {
    ptrdiff_t item = group * input.rows + row;
    uint16_t bits;
    memcpy(&bits, constants + group * CK_BLOCK_BYTES_4, sizeof bits);
    int32_t sum = dot(low + group * CK_LOW_BYTES, input.codes + item * CK_GROUP_INPUTS);
    total += ((float)sum - 7.5f * input.sums[item]) * (half(bits) / 16 * input.scales[item]);
  }
  return total;
}

#undef LOW_PART
#undef TARGET
#undef dot
#undef half
