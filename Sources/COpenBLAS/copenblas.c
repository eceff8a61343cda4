// For setenv.
#define _POSIX_C_SOURCE 200809L

#include "copenblas.h"

#include <dlfcn.h>
#include <stdlib.h>

// Values of the enumerations CBLAS_ORDER and CBLAS_TRANSPOSE.
enum { ROW_MAJOR = 101, NOT_TRANSPOSED = 111, TRANSPOSED = 112 };

// Declarations that match OpenBLAS with 32-bit integers. Every function used: X(result, name, parameters).
#define FUNCTIONS(X)                                                                               \
  X(int, openblas_get_parallel, (void))                                                            \
  X(void, openblas_set_num_threads, (int threads))                                                 \
  X(void, cblas_sgemm,                                                                             \
    (int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,                \
     const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc))

#define DECLARE(result, name, parameters) static result(*name) parameters;
FUNCTIONS(DECLARE)
#undef DECLARE

static bool find_functions(void *library) {
  static const struct {
    const char *name;
    void **function;
  } table[] = {
#define ENTRY(result, name, parameters) {#name, (void **)&name},
      FUNCTIONS(ENTRY)
#undef ENTRY
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    *table[i].function = dlsym(library, table[i].name);
    if (!*table[i].function) return false;
  }
  return true;
}

static void set_environment(void) {
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
#if defined(__x86_64__)
  // Its kernels for AVX2 add in an order that depends on a row's place, and older versions take
  // processors that they do not know for the oldest.
  if (__builtin_cpu_supports("avx")) setenv("OPENBLAS_CORETYPE", "Sandybridge", 0);
#endif
}

bool copenblas_load(void) {
  set_environment();
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library || !find_functions(library)) return false;
  // A build for one thread may lack the locks that calls from several need.
  if (openblas_get_parallel() == 0) return false;
  openblas_set_num_threads(1);
  return true;
}

void copenblas_multiply_add(const float *input, ptrdiff_t input_stride, ptrdiff_t rows,
                            const float *weights, ptrdiff_t weight_stride, bool transposed,
                            ptrdiff_t outputs, ptrdiff_t count, float *output,
                            ptrdiff_t output_stride) {
  cblas_sgemm(ROW_MAJOR, NOT_TRANSPOSED, transposed ? NOT_TRANSPOSED : TRANSPOSED, (int)rows,
              (int)outputs, (int)count, 1, input, (int)input_stride, weights, (int)weight_stride, 1,
              output, (int)output_stride);
}
