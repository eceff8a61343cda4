// The terms of GELU's tail, for gelu_avx2.c and gelu_avx512.c.
#ifndef CK_ELEMENTWISE_X86_GELU_H
#define CK_ELEMENTWISE_X86_GELU_H

// Φ(-t) = e^(-t²/2) · u · P(u) with u = 1 / (1 + 0.35·t), t = |x|: the form of Abramowitz and
// Stegun 7.1.26, with P (highest power first) of degree 8 fitted to the relative error over t in
// 0...14 (Lawson's iteration over 4000 Chebyshev nodes; 3.2e-8). No two numbers of like size are
// subtracted in either tail.
#define TAIL_TERMS 9

static const float tail_terms[TAIL_TERMS] = {
    -0.029145939275622368f, 0.1439717411994934f,    -0.2557143568992615f,
    0.15917426347732544f,   -0.023109903559088707f, 0.10550802946090698f,
    0.11983285844326019f,   0.13986186683177948f,   0.13962140679359436f};

#endif
