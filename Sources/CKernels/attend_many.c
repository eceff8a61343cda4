/* Attention of many queries, in tiles (online softmax: Milakov and Gimelshein 2018; Dao et al.
   2022), in float32 or with both products in int16.

   Roofline. A score costs width multiply-adds, and its part of the output as many again; with
   widths from 64 on both are products of 14 rows by 32 columns from a block of keys or values in
   L2, bound by arithmetic as in multiply_panels.c. An exponential costs about 12 operations on 16
   scores, 10 % of the float products at width 64. Laying out a block of keys and values is used for
   all queries of the call. Measured (Cascade Lake, one core, best of 40; 1025 positions, 16 heads of 64):
   49 ms in float32 (58 % of 150 GFLOPS), 36 ms in int16 (40 % of 300 Gop/s), where exponentials, scales and
   narrowing take about a third.

   The int16 dot instruction does twice the products of a float multiply-add. Queries and keys get a
   scale each, values one per column and block, all with so many bits that no int32 sum can overflow:
   scores are right to about 2e-4 of |query| · |key|, weights to 1/16384, values to 1/2046 of the
   largest. (Int8 would do four times the products; but keys of Qwen2 have a few large columns, which
   rotate with the position, so that no mean can be subtracted first.) */
#include <math.h>

#include "attention_internal.h"
#include "exponential_avx512.h"
#include "include/float_products.h"
#include "vector_avx512.h"

#if CK_X86

/* A tile has 14 queries; what it keeps of them is 16 apart, so that one vector holds it. */
#define QUERY_STEP 16

/* The largest int16 weight and value: 256 products of both stay below 2^31. */
#define WEIGHT_LIMIT 8191
#define VALUE_LIMIT 1023

/* With int16, pairs of codes stand where there would be floats: of neighbouring inputs of queries and
   keys (so only the first half of each [width][16] is used), of neighbouring positions of values. */
typedef struct {
  const CKAttention *attention;
  ptrdiff_t count;    /* queries */
  ptrdiff_t padded;   /* width rounded up to 16 */
  float *queries;     /* [tile][width][QUERY_STEP], scaled */
  float *sums;        /* [count][padded], not yet divided */
  float *largest;     /* [tile][QUERY_STEP], of the scores so far */
  float *weights;     /* [tile][QUERY_STEP], sums of exponentials */
  float *keys;        /* [block / 16][width][16] */
  float *values;      /* [block][padded] */
  /* For int16 only. */
  float *queryScales; /* [tile][QUERY_STEP] */
  float *keyScales;   /* [block] */
  float *valueScales; /* [padded] */
} Work;

/* sums[r][c] += Σ_k left[r · rowStep + k · inputStep] · right[k · step + c · next] for 1 or 2
   vectors c, of floats or of pairs. The steps of `left` are constants, so that one register
   addresses all rows. */
CK_AVX512VNNI CK_INLINE void tile(const float *left, const ptrdiff_t rowStep,
                                  const ptrdiff_t inputStep, const float *right, ptrdiff_t step,
                                  ptrdiff_t next, ptrdiff_t count, __m512 sums[CK_SCORE_ROWS][2],
                                  const int vectors, const bool integers) {
  for (ptrdiff_t k = 0; k < count; k++) {
    __m512 columns[2];
    for (int c = 0; c < vectors; c++) {
      columns[c] = _mm512_load_ps(right + k * step + c * next);
      _mm_prefetch((const char *)(right + (k + 8) * step + c * next), _MM_HINT_T0);
    }
    for (int r = 0; r < CK_SCORE_ROWS; r++) {
      __m512 x = _mm512_set1_ps(left[r * rowStep + k * inputStep]);
      for (int c = 0; c < vectors; c++) {
        sums[r][c] = integers ? _mm512_castsi512_ps(_mm512_dpwssd_epi32(
                                    _mm512_castps_si512(sums[r][c]), _mm512_castps_si512(x),
                                    _mm512_castps_si512(columns[c])))
                              : _mm512_fmadd_ps(x, columns[c], sums[r][c]);
      }
    }
  }
}

/* Scores of a tile of queries with 16 or 32 keys: [14][CK_SCORE_STRIDE]. */
CK_AVX512VNNI CK_INLINE void score_vectors(const Work *work, ptrdiff_t query, ptrdiff_t position,
                                           float *scores, const int vectors,
                                           const bool integers) {
  ptrdiff_t width = work->attention->width;
  __m512 sums[CK_SCORE_ROWS][2];
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    for (int c = 0; c < vectors; c++) sums[r][c] = _mm512_setzero_ps();
  }
  tile(work->queries + query / CK_SCORE_ROWS * width * QUERY_STEP, 1, QUERY_STEP,
       work->keys + position * width, CK_KEY_BLOCK, CK_KEY_BLOCK * width,
       integers ? (width + 1) / 2 : width, sums, vectors, integers);
  const float *scales = work->queryScales + query / CK_SCORE_ROWS * QUERY_STEP;
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    for (int c = 0; c < vectors; c++) {
      ptrdiff_t column = position + 16 * c;
      __m512 score = sums[r][c];
      if (integers) {
        __m512 scale = _mm512_mul_ps(_mm512_set1_ps(scales[r]),
                                     _mm512_load_ps(work->keyScales + column));
        score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_castps_si512(score)), scale);
      }
      _mm512_store_ps(scores + r * CK_SCORE_STRIDE + column, score);
    }
  }
}

/* Replaces each query's first `limits[r]` scores by exponentials, and the rest up to `positions`
   by zeros; `factors` are for what was summed before. Integer weights replace the row's first half. */
CK_AVX512VNNI CK_INLINE void exponentials(const Work *work, ptrdiff_t query,
                                          const ptrdiff_t limits[CK_SCORE_ROWS],
                                          ptrdiff_t positions, float *scores,
                                          float factors[QUERY_STEP], const bool integers) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  _Alignas(64) float largest[QUERY_STEP] = {0}, added[QUERY_STEP] = {0};
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    __m512 maxima = lowest;
    for (ptrdiff_t p = 0; p < limits[r]; p += 16) {
      __m512 some = _mm512_mask_load_ps(lowest, lanes_avx512(limits[r] - p),
                                        scores + r * CK_SCORE_STRIDE + p);
      maxima = _mm512_max_ps(maxima, some);
    }
    largest[r] = _mm512_reduce_max_ps(maxima);
  }
  float *keptLargest = work->largest + query / CK_SCORE_ROWS * QUERY_STEP;
  float *keptWeights = work->weights + query / CK_SCORE_ROWS * QUERY_STEP;
  __m512 before = _mm512_load_ps(keptLargest);
  __m512 now = _mm512_max_ps(_mm512_load_ps(largest), before);
  __m512 factor = exp2_avx512(_mm512_sub_ps(before, now));
  _mm512_store_ps(largest, now);
  _mm512_store_ps(keptLargest, now);
  _mm512_store_ps(factors, factor);
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    float *row = scores + r * CK_SCORE_STRIDE;
    __m512 sums = _mm512_setzero_ps(), top = _mm512_set1_ps(largest[r]);
    for (ptrdiff_t p = 0; p < positions; p += 16) {
      __mmask16 mask = p < limits[r] ? lanes_avx512(limits[r] - p) : 0;
      __m512 power = exp2_avx512(_mm512_sub_ps(_mm512_load_ps(row + p), top));
      __m512 weights = _mm512_maskz_mov_ps(mask, power);
      sums = _mm512_add_ps(sums, weights);
      if (integers) {
        weights = _mm512_mul_ps(weights, _mm512_set1_ps(WEIGHT_LIMIT));
        _mm256_store_si256((__m256i *)(row + p / 2),
                           _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(weights)));
      } else {
        _mm512_store_ps(row + p, weights);
      }
    }
    added[r] = _mm512_reduce_add_ps(sums);
  }
  _mm512_store_ps(keptWeights, _mm512_fmadd_ps(_mm512_load_ps(keptWeights), factor,
                                               _mm512_load_ps(added)));
}

/* Adds a tile's weighted values to its sums, 16 or 32 columns from `column` on. */
CK_AVX512VNNI CK_INLINE void value_vectors(const Work *work, ptrdiff_t query, ptrdiff_t column,
                                           ptrdiff_t positions, const float *scores,
                                           const float *factors, const int vectors,
                                           const bool integers) {
  float *target = work->sums + query * work->padded + column;
  __m512 sums[CK_SCORE_ROWS][2];
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    __m512 factor = _mm512_set1_ps(factors[r]);
    for (int c = 0; c < vectors; c++) {
      __m512 before = _mm512_load_ps(target + r * work->padded + 16 * c);
      sums[r][c] = integers ? _mm512_setzero_ps() : _mm512_mul_ps(factor, before);
    }
  }
  tile(scores, CK_SCORE_STRIDE, 1, work->values + column, work->padded, 16,
       integers ? (positions + 1) / 2 : positions, sums, vectors, integers);
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    for (int c = 0; c < vectors; c++) {
      float *place = target + r * work->padded + 16 * c;
      __m512 sum = sums[r][c];
      if (integers) {
        __m512 before = _mm512_mul_ps(_mm512_set1_ps(factors[r]), _mm512_load_ps(place));
        sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_castps_si512(sum)),
                              _mm512_load_ps(work->valueScales + column + 16 * c), before);
      }
      _mm512_store_ps(place, sum);
    }
  }
}

/* The tile of queries from `query` on against `block` positions from `start` on. */
CK_AVX512VNNI CK_INLINE void attend_tile(const Work *work, ptrdiff_t query, ptrdiff_t start,
                                         ptrdiff_t block, const bool integers) {
  const CKAttention *attention = work->attention;
  ptrdiff_t limits[CK_SCORE_ROWS], positions = 0;
  for (int r = 0; r < CK_SCORE_ROWS; r++) {
    ptrdiff_t row = query + r < work->count ? (query + r) / attention->heads : attention->rows - 1;
    ptrdiff_t limit = visible_positions(attention, row) - start;
    limits[r] = limit < 0 ? 0 : limit < block ? limit : block;
    if (limits[r] > positions) positions = limits[r];
  }
  if (positions == 0) return;
  _Alignas(64) float scores[CK_SCORE_ROWS * CK_SCORE_STRIDE];
  ptrdiff_t position = 0;
  for (; position + 16 < positions; position += 32) {
    score_vectors(work, query, position, scores, 2, integers);
  }
  if (position < positions) score_vectors(work, query, position, scores, 1, integers);
  _Alignas(64) float factors[QUERY_STEP];
  exponentials(work, query, limits, positions, scores, factors, integers);
  ptrdiff_t column = 0;
  for (; column + 16 < work->padded; column += 32) {
    value_vectors(work, query, column, positions, scores, factors, 2, integers);
  }
  if (column < work->padded) {
    value_vectors(work, query, column, positions, scores, factors, 1, integers);
  }
}

/* The largest code of queries and keys: `width` products of two stay below 2^31. */
CK_INLINE float score_limit(ptrdiff_t width) {
  return fminf(32767, floorf(sqrtf(0x1.fffffep30f / (float)width)));
}

/* What to multiply numbers of at most `magnitude` with to get codes of at most `limit`; 0 for none. */
CK_AVX512VNNI CK_INLINE __m512 inverse_scale(__m512 magnitude, float limit) {
  __mmask16 usable = _mm512_cmp_ps_mask(magnitude, _mm512_set1_ps(1e-30f), _CMP_GT_OQ);
  return _mm512_maskz_div_ps(usable, _mm512_set1_ps(limit), magnitude);
}

/* The larger magnitude of each lane; a NaN is larger than all numbers. */
CK_AVX512VNNI CK_INLINE __m512 larger(__m512 magnitude, __m512 x) {
  return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(magnitude),
                                              _mm512_castps_si512(_mm512_abs_ps(x))));
}

/* Pairs of codes from two vectors: `low` in the low halves. */
CK_AVX512VNNI CK_INLINE __m512 code_pairs(__m512 low, __m512 high, __m512 factor) {
  __m512i first = _mm512_cvtps_epi32(_mm512_mul_ps(low, factor));
  __m512i second = _mm512_cvtps_epi32(_mm512_mul_ps(high, factor));
  return _mm512_castsi512_ps(
      _mm512_mask_blend_epi16(0xaaaaaaaa, first, _mm512_slli_epi32(second, 16)));
}

/* Turns [width][16] floats into pairs of codes in place, and stores the 16 scales. */
CK_AVX512VNNI CK_INLINE void quantize_panel(float *panel, ptrdiff_t width, float *scales) {
  const float limit = score_limit(width);
  __m512 largest = _mm512_setzero_ps();
  for (ptrdiff_t i = 0; i < width; i++) {
    largest = larger(largest, _mm512_load_ps(panel + 16 * i));
  }
  __m512 factor = inverse_scale(largest, limit);
  _mm512_store_ps(scales, _mm512_div_ps(largest, _mm512_set1_ps(limit)));
  for (ptrdiff_t i = 0; i < width; i += 2) {
    __m512 low = _mm512_load_ps(panel + 16 * i);
    __m512 high = i + 1 < width ? _mm512_load_ps(panel + 16 * i + 16) : _mm512_setzero_ps();
    _mm512_store_ps(panel + 8 * i, code_pairs(low, high, factor));
  }
}

/* Turns 16 columns of [block][padded] floats into pairs of codes in place, and stores the scales. */
CK_AVX512VNNI CK_INLINE void quantize_values(float *values, ptrdiff_t block, ptrdiff_t padded,
                                             float *scales) {
  __m512 largest = _mm512_setzero_ps();
  for (ptrdiff_t p = 0; p < block; p++) {
    largest = larger(largest, _mm512_load_ps(values + p * padded));
  }
  __m512 factor = inverse_scale(largest, VALUE_LIMIT);
  _mm512_store_ps(scales,
                  _mm512_div_ps(largest, _mm512_set1_ps((float)VALUE_LIMIT * WEIGHT_LIMIT)));
  for (ptrdiff_t p = 0; p < block; p += 2) {
    __m512 low = _mm512_load_ps(values + p * padded);
    __m512 high = p + 1 < block ? _mm512_load_ps(values + (p + 1) * padded) : _mm512_setzero_ps();
    _mm512_store_ps(values + p / 2 * padded, code_pairs(low, high, factor));
  }
}

CK_AVX512VNNI CK_INLINE void quantize_block(const Work *work, ptrdiff_t block) {
  for (ptrdiff_t p = 0; p < block; p += CK_KEY_BLOCK) {
    quantize_panel(work->keys + p * work->attention->width, work->attention->width,
                   work->keyScales + p);
  }
  for (ptrdiff_t i = 0; i < work->padded; i += 16) {
    quantize_values(work->values + i, block, work->padded, work->valueScales + i);
  }
}

/* Lays out keys as [block / 16][width][16] and values as [block][padded]. */
CK_AVX512VNNI CK_INLINE void load_block(const Work *work, ptrdiff_t start, ptrdiff_t block) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width, padded = work->padded, stride = attention->positionStride;
  ptrdiff_t bytes = attention->type == CKFloatType32 ? 4 : 2;
  if (stride > 0) {
    ck_pack_panels((const char *)attention->keys + start * stride * bytes, attention->type, stride,
                   block, width, work->keys, width * CK_KEY_BLOCK, CKInstructionSetAVX512VNNI);
  } else {
    ptrdiff_t count = round_up(block, CK_KEY_BLOCK) * width;
    for (ptrdiff_t i = 0; i < count; i += 16) {
      _mm512_store_ps(work->keys + i, load_avx512(attention->keys, attention->type,
                                                  start * width + i, 0xffff));
    }
    stride = width;
  }
  for (ptrdiff_t p = 0; p < block; p++) {
    for (ptrdiff_t i = 0; i < padded; i += 16) {
      /* A tile's positions lie in different pages, where the processor does not prefetch. */
      const char *ahead = (const char *)attention->values + ((start + p + 16) * stride + i) * bytes;
      _mm_prefetch(ahead, _MM_HINT_T0);
      _mm512_store_ps(work->values + p * padded + i,
                      load_avx512(attention->values, attention->type, (start + p) * stride + i,
                                  lanes_avx512(width - i)));
    }
  }
}

/* Copies the queries, scaled so that the softmax may use powers of two, and clears the sums. */
CK_AVX512VNNI CK_INLINE void load_queries(const Work *work, ptrdiff_t tiles, const bool integers) {
  const CKAttention *attention = work->attention;
  ptrdiff_t width = attention->width;
  float scale = 1.44269504f / sqrtf((float)width);
  for (ptrdiff_t i = 0; i < tiles * QUERY_STEP; i++) {
    work->largest[i] = -INFINITY;
    work->weights[i] = 0;
  }
  for (ptrdiff_t i = 0; i < tiles * CK_SCORE_ROWS * work->padded; i += 16) {
    _mm512_store_ps(work->sums + i, _mm512_setzero_ps());
  }
  for (ptrdiff_t t = 0; t < tiles; t++) {
    float *target = work->queries + t * width * QUERY_STEP;
    for (ptrdiff_t i = 0; i < width; i += 16) {
      __m512 columns[16];
      for (int r = 0; r < 16; r++) {
        ptrdiff_t query = t * CK_SCORE_ROWS + r;
        __mmask16 mask = r < CK_SCORE_ROWS && query < work->count ? lanes_avx512(width - i) : 0;
        columns[r] = _mm512_setzero_ps();
        if (mask) columns[r] = _mm512_maskz_loadu_ps(mask, query_pointer(attention, query) + i);
      }
      transpose_avx512(columns);
      for (ptrdiff_t k = 0; k < 16 && i + k < width; k++) {
        _mm512_store_ps(target + (i + k) * QUERY_STEP,
                        _mm512_mul_ps(columns[k], _mm512_set1_ps(scale)));
      }
    }
    if (integers) quantize_panel(target, width, work->queryScales + t * QUERY_STEP);
  }
}

CK_AVX512VNNI static void store_outputs(const Work *work) {
  for (ptrdiff_t q = 0; q < work->count; q++) {
    float weight = work->weights[q / CK_SCORE_ROWS * QUERY_STEP + q % CK_SCORE_ROWS];
    float *output = output_pointer(work->attention, q);
    for (ptrdiff_t i = 0; i < work->padded; i += 16) {
      _mm512_mask_storeu_ps(output + i, lanes_avx512(work->attention->width - i),
                            _mm512_mul_ps(_mm512_set1_ps(1 / weight),
                                          _mm512_load_ps(work->sums + q * work->padded + i)));
    }
  }
}

CK_AVX512VNNI CK_INLINE void attend_many(const CKAttention *attention, float *scratch,
                                         const bool integers) {
  ptrdiff_t count = attention->rows * attention->heads;
  ptrdiff_t tiles = round_up(count, CK_SCORE_ROWS) / CK_SCORE_ROWS;
  ptrdiff_t width = attention->width, padded = round_up(width, 16);
  Work work = {.attention = attention, .count = count, .padded = padded, .queries = scratch};
  work.sums = work.queries + tiles * width * QUERY_STEP;
  work.keys = work.sums + tiles * CK_SCORE_ROWS * padded;
  work.values = work.keys + CK_SCORE_BLOCK * width;
  work.largest = work.values + CK_SCORE_BLOCK * padded;
  work.weights = work.largest + tiles * QUERY_STEP;
  work.queryScales = work.weights + tiles * QUERY_STEP;
  work.keyScales = work.queryScales + tiles * QUERY_STEP;
  work.valueScales = work.keyScales + CK_SCORE_BLOCK;
  load_queries(&work, tiles, integers);
  /* Blocks of about the same size, whole groups of 16. */
  ptrdiff_t blocks = round_up(attention->positions, CK_SCORE_BLOCK) / CK_SCORE_BLOCK;
  ptrdiff_t size = round_up((attention->positions + blocks - 1) / blocks, 16);
  for (ptrdiff_t start = 0; start < attention->positions; start += size) {
    ptrdiff_t left = attention->positions - start;
    ptrdiff_t block = left < size ? left : size;
    load_block(&work, start, block);
    if (integers) quantize_block(&work, block);
    for (ptrdiff_t t = 0; t < tiles; t++) {
      attend_tile(&work, t * CK_SCORE_ROWS, start, block, integers);
    }
  }
  store_outputs(&work);
}

CK_AVX512VNNI void attend_many_avx512(const CKAttention *attention, float *scratch) {
  attend_many(attention, scratch, false);
}

CK_AVX512VNNI void attend_many_int16_avx512(const CKAttention *attention, float *scratch) {
  attend_many(attention, scratch, true);
}

#endif
