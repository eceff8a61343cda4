/* Attention with AVX2: tiles of 6 queries, in float32, with the online softmax of attend_many.c.

   Roofline. 6 queries by 16 keys (or columns of values) are 12 sums, 2 vectors and a broadcast: 15 of
   16 registers, 12 multiply-adds for 8 loads, so that arithmetic binds as in multiply_panels.c. One
   query reads each key and value once and is bound by memory; then the tile's other rows are idle. */
#include <math.h>

#include "attention_internal.h"
#include "exponential_avx2.h"
#include "float_convert.h"
#include "include/float_products.h"

#if CK_X86

enum { ROWS = CK_TILE_ROWS_AVX2 };

typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;  /* queries */
  ptrdiff_t padded; /* width rounded up to 16 */
  float *queries;   /* [count rounded up to 6][width], scaled */
  float *sums;      /* [the same][padded], not yet divided */
  float *largest;   /* [the same], of the scores so far */
  float *weights;   /* [the same], sums of exponentials */
  const float *keys; /* [block / 16][width][16]: a cache's own, or `panels` */
  float *panels;
  float *values;    /* [block][padded] */
} Work;

/* sums[r][·] += Σ_k left[r · rowStep + k] · right[k · step + ·], 16 columns. */
CK_AVX2 CK_INLINE void tile(const float *left, ptrdiff_t rowStep, const float *right,
                            ptrdiff_t step, ptrdiff_t count, __m256 sums[ROWS][2]) {
  for (ptrdiff_t k = 0; k < count; k++) {
    __m256 low = _mm256_loadu_ps(right + k * step), high = _mm256_loadu_ps(right + k * step + 8);
    for (int r = 0; r < ROWS; r++) {
      __m256 x = _mm256_broadcast_ss(left + r * rowStep + k);
      sums[r][0] = _mm256_fmadd_ps(x, low, sums[r][0]);
      sums[r][1] = _mm256_fmadd_ps(x, high, sums[r][1]);
    }
  }
}

CK_AVX2 CK_INLINE float largest_of(__m256 x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_shuffle_ps(half, half, 1)));
}

CK_AVX2 CK_INLINE float sum_of(__m256 x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

/* Replaces the first `limit` scores by exponentials, and the rest up to `positions` by zeros;
   returns the factor for what was summed before. */
CK_AVX2 static float exponentials(const Work *work, ptrdiff_t query, ptrdiff_t limit,
                                  ptrdiff_t positions, float *scores) {
  ptrdiff_t end = round_up(positions, 16);
  for (ptrdiff_t p = limit; p < end; p++) scores[p] = -INFINITY;
  __m256 maxima = _mm256_set1_ps(work->largest[query]);
  for (ptrdiff_t p = 0; p < end; p += 8) {
    maxima = _mm256_max_ps(maxima, _mm256_loadu_ps(scores + p));
  }
  float largest = largest_of(maxima);
  __m256 top = _mm256_set1_ps(largest), added = _mm256_setzero_ps();
  float factor = _mm256_cvtss_f32(exp2_avx2(_mm256_set1_ps(work->largest[query] - largest)));
  for (ptrdiff_t p = 0; p < end; p += 8) {
    __m256 power = exp2_avx2(_mm256_sub_ps(_mm256_loadu_ps(scores + p), top));
    _mm256_storeu_ps(scores + p, power);
  }
  for (ptrdiff_t p = limit; p < end; p++) scores[p] = 0;
  for (ptrdiff_t p = 0; p < end; p += 8) added = _mm256_add_ps(added, _mm256_loadu_ps(scores + p));
  work->weights[query] = work->weights[query] * factor + sum_of(added);
  work->largest[query] = largest;
  return factor;
}

/* The tile of queries from `query` on against `block` positions from `start` on. */
CK_AVX2 static void attend_tile(const Work *work, ptrdiff_t query, ptrdiff_t start,
                                ptrdiff_t block) {
  const CKAttention *attention = work->attention;
  ptrdiff_t limits[ROWS], positions = 0, width = attention->width, padded = work->padded;
  for (int r = 0; r < ROWS; r++) {
    ptrdiff_t row = query + r < work->count ? (query + r) / attention->heads : attention->rows - 1;
    ptrdiff_t limit = visible_positions(attention, row) - start;
    limits[r] = limit < 0 ? 0 : limit < block ? limit : block;
    if (limits[r] > positions) positions = limits[r];
  }
  if (positions == 0) return;
  float scores[ROWS * CK_SCORE_STRIDE], factors[ROWS];
  for (ptrdiff_t p = 0; p < positions; p += CK_KEY_BLOCK) {
    __m256 sums[ROWS][2];
    for (int r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
    tile(work->queries + query * width, width, work->keys + p * width, CK_KEY_BLOCK, width, sums);
    for (int r = 0; r < ROWS; r++) {
      _mm256_storeu_ps(scores + r * CK_SCORE_STRIDE + p, sums[r][0]);
      _mm256_storeu_ps(scores + r * CK_SCORE_STRIDE + p + 8, sums[r][1]);
    }
  }
  for (int r = 0; r < ROWS; r++) {
    float *row = scores + r * CK_SCORE_STRIDE;
    factors[r] = 1;
    if (limits[r] > 0) {
      factors[r] = exponentials(work, query + r, limits[r], positions, row);
    } else {
      memset(row, 0, (size_t)positions * sizeof *row);
    }
  }
  for (ptrdiff_t column = 0; column < padded; column += 16) {
    float *target = work->sums + query * padded + column;
    __m256 sums[ROWS][2];
    for (int r = 0; r < ROWS; r++) {
      __m256 factor = _mm256_set1_ps(factors[r]);
      sums[r][0] = _mm256_mul_ps(factor, _mm256_loadu_ps(target + r * padded));
      sums[r][1] = _mm256_mul_ps(factor, _mm256_loadu_ps(target + r * padded + 8));
    }
    tile(scores, CK_SCORE_STRIDE, work->values + column, padded, positions, sums);
    for (int r = 0; r < ROWS; r++) {
      _mm256_storeu_ps(target + r * padded, sums[r][0]);
      _mm256_storeu_ps(target + r * padded + 8, sums[r][1]);
    }
  }
}

/* `count` stored numbers from `index` on as floats. */
CK_AVX2 static void widen(const void *source, CKFloatType type, ptrdiff_t index, ptrdiff_t count,
                          float *target) {
  ptrdiff_t i = 0;
  if (type == CKFloatType16) {
    const uint16_t *halves = (const uint16_t *)source + index;
    for (; i + 8 <= count; i += 8) {
      __m128i eight = _mm_loadu_si128((const __m128i *)(halves + i));
      _mm256_storeu_ps(target + i, _mm256_cvtph_ps(eight));
    }
  }
  for (; i < count; i++) target[i] = load_float(source, type, index + i);
}

/* A cache's codes of `block` keys from `start` on as floats. */
CK_AVX2 static void widen_keys(const CKAttention *attention, ptrdiff_t start, ptrdiff_t block,
                               float *target) {
  const ptrdiff_t width = attention->width;
  const int32_t *pairs = (const int32_t *)attention->keys + start * (width / 2);
  for (ptrdiff_t p = 0; p < block; p += CK_KEY_BLOCK) {
    for (ptrdiff_t half = 0; half < CK_KEY_BLOCK; half += 8) {
      __m256 scale = _mm256_loadu_ps(attention->keyScales + start + p + half);
      for (ptrdiff_t i = 0; i < width; i += 2) {
        const int32_t *source = pairs + p * (width / 2) + i / 2 * CK_KEY_BLOCK + half;
        __m256i pair = _mm256_loadu_si256((const __m256i *)source);
        __m256i low = _mm256_srai_epi32(_mm256_slli_epi32(pair, 16), 16);
        __m256i high = _mm256_srai_epi32(pair, 16);
        float *place = target + p * width + i * CK_KEY_BLOCK + half;
        _mm256_storeu_ps(place, _mm256_mul_ps(_mm256_cvtepi32_ps(low), scale));
        _mm256_storeu_ps(place + CK_KEY_BLOCK, _mm256_mul_ps(_mm256_cvtepi32_ps(high), scale));
      }
    }
  }
}

CK_AVX2 static void load_block(Work *work, ptrdiff_t start, ptrdiff_t block) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width, stride = attention->positionStride;
  const float *keys = attention->keys;
  work->keys = work->panels;
  if (stride > 0) {
    ck_pack_panels(keys + start * stride, CKFloatType32, stride, block, width, work->panels,
                   width * CK_KEY_BLOCK, CKInstructionSetAVX2);
  } else {
    stride = width;
    if (attention->keyScales) {
      widen_keys(attention, start, block, work->panels);
    } else {
      work->keys = keys + start * width;
    }
  }
  for (ptrdiff_t p = 0; p < block; p++) {
    float *target = work->values + p * work->padded;
    widen(attention->values, value_type(attention), (start + p) * stride, width, target);
    for (ptrdiff_t i = width; i < work->padded; i++) target[i] = 0;
  }
}

CK_AVX2 void attend_avx2(const CKAttention *attention, float *scratch) {
  ptrdiff_t count = attention->rows * attention->heads, rows = round_up(count, ROWS);
  ptrdiff_t width = attention->width, padded = round_up(width, 16);
  Work work = {.attention = attention, .count = count, .padded = padded, .queries = scratch};
  work.sums = work.queries + rows * width;
  work.panels = work.sums + rows * padded;
  work.values = work.panels + CK_SCORE_BLOCK * width;
  work.largest = work.values + CK_SCORE_BLOCK * padded;
  work.weights = work.largest + rows;
  /* Scaled so that the softmax may use powers of two. */
  const float scale = 1.44269504f / sqrtf((float)width);
  for (ptrdiff_t q = 0; q < rows; q++) {
    const float *query = query_pointer(attention, q < count ? q : count - 1);
    for (ptrdiff_t i = 0; i < width; i++) work.queries[q * width + i] = query[i] * scale;
    work.largest[q] = -INFINITY;
    work.weights[q] = 0;
  }
  memset(work.sums, 0, (size_t)(rows * padded) * sizeof *work.sums);
  for (ptrdiff_t start = 0; start < attention->positions; start += CK_SCORE_BLOCK) {
    ptrdiff_t left = attention->positions - start;
    ptrdiff_t block = left < CK_SCORE_BLOCK ? left : CK_SCORE_BLOCK;
    load_block(&work, start, block);
    for (ptrdiff_t q = 0; q < rows; q += ROWS) attend_tile(&work, q, start, block);
  }
  for (ptrdiff_t q = 0; q < count; q++) {
    float *output = output_pointer(attention, q);
    for (ptrdiff_t i = 0; i < width; i++) {
      output[i] = work.sums[q * padded + i] / work.weights[q];
    }
  }
}

#endif
