#ifndef CK_PANELS_H
#define CK_PANELS_H

// A *panel* holds the weights of 16 outputs as float32 [count][16]: the 16 weights of an input are
// neighbours.

enum {
  /// How many outputs a panel holds.
  CK_PANEL = 16,
  /// The most inputs that one call of `gemm` takes.
  CK_PANEL_INPUTS = 256,
};

#endif
