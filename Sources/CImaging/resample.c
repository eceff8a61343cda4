#include "cimaging.h"

#include <string.h>

// The compiler makes one version for any processor and one for AVX2, which has the 32-bit vector
// multiplication that SSE2 lacks; the loader picks. Both give the same integers.
#if defined(__x86_64__) && defined(__linux__)
#define CI_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CI_CLONES
#endif

typedef uint8_t Pixel __attribute__((vector_size(4)));
typedef int32_t Sums __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) uint8_t clipped(int32_t sum) {
  int32_t sample = sum >> CI_PRECISION_BITS;
  return (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
}

CI_CLONES
void ci_scale_row(const uint8_t *input, ptrdiff_t input_start, const ptrdiff_t *starts,
                  const ptrdiff_t *counts, const int32_t *weights, ptrdiff_t capacity,
                  ptrdiff_t outputs, uint8_t *output, ptrdiff_t output_start) {
  const int32_t half = 1 << (CI_PRECISION_BITS - 1);
  for (ptrdiff_t o = 0; o < outputs; o++) {
    const uint8_t *pixels = input + input_start + starts[o] * 3;
    const int32_t *taps = weights + o * capacity;
    const ptrdiff_t last = counts[o] - 1;
    Sums sums = {half, half, half, half};
    Pixel pixel = {0};
    for (ptrdiff_t t = 0; t < last; t++) {
      memcpy(&pixel, pixels + t * 3, 4);  // three colours and the next pixel's red, unused
      sums += __builtin_convertvector(pixel, Sums) * taps[t];
    }
    memcpy(&pixel, pixels + last * 3, 3);  // a fourth byte may lie behind the row
    sums += __builtin_convertvector(pixel, Sums) * taps[last];
    uint8_t *scaled = output + output_start + o * 3;
    for (int colour = 0; colour < 3; colour++) scaled[colour] = clipped(sums[colour]);
  }
}

// Columns whose sums fit the registers.
enum { BLOCK = 32 };

static inline __attribute__((always_inline)) void
blend_block(const uint8_t *input, const ptrdiff_t *row_starts, const int32_t *weights,
            ptrdiff_t rows, ptrdiff_t count, uint8_t *output) {
  int32_t sums[BLOCK];
  for (ptrdiff_t i = 0; i < count; i++) sums[i] = 1 << (CI_PRECISION_BITS - 1);
  for (ptrdiff_t r = 0; r < rows; r++) {
    const uint8_t *samples = input + row_starts[r];
    for (ptrdiff_t i = 0; i < count; i++) sums[i] += samples[i] * weights[r];
  }
  for (ptrdiff_t i = 0; i < count; i++) output[i] = clipped(sums[i]);
}

CI_CLONES
void ci_blend_rows(const uint8_t *input, const ptrdiff_t *row_starts, const int32_t *weights,
                   ptrdiff_t rows, ptrdiff_t count, uint8_t *output, ptrdiff_t output_start) {
  uint8_t *blended = output + output_start;
  ptrdiff_t first = 0;
  for (; first + BLOCK <= count; first += BLOCK)
    blend_block(input + first, row_starts, weights, rows, BLOCK, blended + first);
  blend_block(input + first, row_starts, weights, rows, count - first, blended + first);
}
