// The polynomials of 2^x over -0.5...0.5 and of e^x over -ln 2 / 2...ln 2 / 2, highest power first:
// minimax fits of the relative error (Lawson's iteration over 4000 Chebyshev nodes), below 2e-9
// before rounding.
#ifndef CK_COMMON_EXPONENTIAL_TERMS_H
#define CK_COMMON_EXPONENTIAL_TERMS_H

#define CK_EXPONENTIAL_TERMS 7

static const float exp2_terms[CK_EXPONENTIAL_TERMS] = {1.53458109e-4f,
                                                       1.33999309e-3f,
                                                       9.61848907e-3f,
                                                       5.55032864e-2f,
                                                       2.40226462e-1f,
                                                       6.93147182e-1f,
                                                       1};
static const float exp_terms[CK_EXPONENTIAL_TERMS] = {
    1.38368376e-3f, 8.37482233e-3f, 4.16682251e-2f, 1.66664198e-1f, 4.99999911e-1f, 1, 1};

// ln 2 in two parts, the first with so few bits that its small multiples are exact.
#define CK_LN2_HIGH 0.693359375f
#define CK_LN2_LOW -2.12194440e-4f

#endif
