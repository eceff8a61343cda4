// Float products of CKernels beside OpenBLAS at the models' shapes, in turn, on one thread.
//
//   clang -O3 -std=gnu17 -I Sources/CKernels -o /tmp/openblas benchmarks/openblas.c
//     $(find Sources/CKernels -name '*.c') -ldl -lm          (one line)
//   OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=SkylakeX /tmp/openblas SET ROUNDS [LARGEST_GFLOP]
//
// SET is 0 (portable C), 1 (AVX2), 2 (AVX-VNNI) or 3 (AVX-512). Ours reads bf16 weights, and widens
// them. OpenBLAS gets the whole matrix as float32 in one call, the best that it can do: twice the memory.
// "blocks" is what `FloatProduct+OpenBLAS.swift` does: bf16, widened 256 × 256 at a time.
// Prints medians in GFLOPS, and medians of the rounds' quotients ours ÷ OpenBLAS and ours ÷ blocks.
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/ckernels.h"

enum { ROW_MAJOR = 101, NOT_TRANSPOSED = 111, TRANSPOSED = 112, BLOCK_OUTPUTS = 512, BLOCK = 256 };

typedef void (*Sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                      const float *a, int lda, const float *b, int ldb, float beta, float *c,
                      int ldc);

typedef struct {
  const char *name;
  int outputs, inputs;
  int rows[3];
} Shape;

static const Shape shapes[] = {
    {"1B q/k/v", 1152, 896, {1, 8, 512}},     {"1B o", 896, 896, {1, 8, 512}},
    {"1B gate/up", 9728, 896, {1, 8, 512}},   {"1B down", 896, 4864, {1, 8, 512}},
    {"vision fc1", 4096, 1024, {1025}},       {"vision fc2", 1024, 4096, {1025}},
    {"8B q/k/v", 4608, 3584, {1, 8, 512}},    {"8B o", 3584, 3584, {1, 8, 512}},
    {"8B gate/up", 37888, 3584, {1, 8, 512}}, {"8B down", 3584, 18944, {1, 8, 512}},
};

static CKKernels kernels;
static Sgemm sgemm;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *aligned(size_t floats) { return aligned_alloc(64, (floats * 4 + 63) / 64 * 64); }

typedef struct {
  const float *input;
  const uint16_t *stored;
  const float *widened;
  float *output, *scratch;
  int rows, outputs, inputs;
} Product;

static int least(int a, int b) { return a < b ? a : b; }

static void ours(const Product *p) {
  if (p->rows <= CK_GEMV_ROWS) {
    kernels.gemv(p->input, p->inputs, p->rows, p->stored, CKFloatTypeBrain16, p->inputs, p->outputs,
                 p->inputs, NULL, p->output, p->outputs);
    return;
  }
  for (int o = 0; o < p->outputs; o += BLOCK_OUTPUTS) {
    for (int k = 0; k < p->inputs; k += BLOCK) {
      const int width = least(BLOCK_OUTPUTS, p->outputs - o), count = least(BLOCK, p->inputs - k);
      kernels.pack_panels(p->stored + (size_t)o * p->inputs + k, CKFloatTypeBrain16, p->inputs,
                          width, count, p->scratch, BLOCK * CK_PANEL);
      kernels.gemm(p->input + k, p->inputs, p->rows, p->scratch, BLOCK * CK_PANEL, width, count,
                   NULL, k > 0, p->output + o, p->outputs);
    }
  }
}

static void whole(const Product *p) {
  sgemm(ROW_MAJOR, NOT_TRANSPOSED, TRANSPOSED, p->rows, p->outputs, p->inputs, 1, p->input,
        p->inputs, p->widened, p->inputs, 0, p->output, p->outputs);
}

static void blocks(const Product *p) {
  for (int o = 0; o < p->outputs; o += BLOCK) {
    for (int k = 0; k < p->inputs; k += BLOCK) {
      const int width = least(BLOCK, p->outputs - o), count = least(BLOCK, p->inputs - k);
      for (int row = 0; row < width; row++) {
        kernels.widen(p->stored + (size_t)(o + row) * p->inputs + k, CKFloatTypeBrain16,
                      p->scratch + row * count, count);
      }
      sgemm(ROW_MAJOR, NOT_TRANSPOSED, TRANSPOSED, p->rows, width, count, 1, p->input + k,
            p->inputs, p->scratch, count, k > 0, p->output + o, p->outputs);
    }
  }
}

typedef void (*Way)(const Product *);
static const Way ways[] = {ours, whole, blocks};

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(const double *values, int count) {
  double sorted[64];
  memcpy(sorted, values, sizeof(double) * (size_t)count);
  qsort(sorted, (size_t)count, sizeof(double), ascending);
  return sorted[count / 2];
}

static void measure(const char *name, const Product *product, int rounds) {
  const double work = 2.0 * product->rows * product->outputs * product->inputs;
  const int repeats = work < 2e8 ? 1 + (int)(2e8 / work) : 1;
  double speeds[3][64], quotients[3][64];
  for (int round = -1; round < rounds; round++) {  // the first is not counted
    for (int way = 0; way < 3; way++) {
      const double start = now();
      for (int i = 0; i < repeats; i++) ways[way](product);
      if (round >= 0) speeds[way][round] = 1e-9 * work * repeats / (now() - start);
    }
    for (int way = 1; way < 3 && round >= 0; way++) {
      quotients[way][round] = speeds[0][round] / speeds[way][round];
    }
  }
  printf("| %s | %d | %.1f | %.1f | %.1f | %.2f | %.2f |\n", name, product->rows,
         median(speeds[0], rounds), median(speeds[1], rounds), median(speeds[2], rounds),
         median(quotients[1], rounds), median(quotients[2], rounds));
  fflush(stdout);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  const double largest = count > 3 ? atof(arguments[3]) : INFINITY;
  const int rounds = least(atoi(arguments[2]), 64);
  ck_fill_kernels(&kernels, (CKInstructionSet)atoi(arguments[1]));
  void *library = dlopen("libopenblas.so.0", RTLD_NOW);
  sgemm = library ? (Sgemm)dlsym(library, "cblas_sgemm") : NULL;
  const char *(*core)(void) =
      library ? (const char *(*)(void))dlsym(library, "openblas_get_corename") : NULL;
  if (!sgemm || !core || rounds < 1) return 1;
  printf("OpenBLAS's kernels: %s\n\n", core());
  printf("| product | rows | ours | OpenBLAS | blocks | ours ÷ OpenBLAS | ours ÷ blocks |\n");
  printf("|---|---|---|---|---|---|---|\n");
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const Shape shape = shapes[s];
    const size_t size = (size_t)shape.outputs * (size_t)shape.inputs;
    uint16_t *stored = aligned(size / 2 + 8192);
    float *widened = aligned(size);
    for (size_t i = 0; i < size; i++) {
      stored[i] = (uint16_t)(0x3c00 + (i * 2654435761u >> 20) % 0x100 + (i % 3 ? 0x8000 : 0));
    }
    kernels.widen(stored, CKFloatTypeBrain16, widened, (ptrdiff_t)size);
    for (int r = 0; r < 3 && shape.rows[r]; r++) {
      Product product = {.stored = stored,
                         .widened = widened,
                         .rows = shape.rows[r],
                         .outputs = shape.outputs,
                         .inputs = shape.inputs};
      const double work = 2e-9 * product.rows * (double)size;
      if (work > largest) continue;
      float *input = aligned((size_t)product.rows * (size_t)shape.inputs);
      for (int i = 0; i < product.rows * shape.inputs; i++) input[i] = (float)(i % 17 - 8) / 8;
      product.input = input;
      product.output = aligned((size_t)product.rows * (size_t)shape.outputs);
      product.scratch = aligned(BLOCK_OUTPUTS * BLOCK + 1024);
      measure(shape.name, &product, rounds);
      free(input), free(product.output), free(product.scratch);
    }
    free(stored), free(widened);
  }
  return 0;
}
