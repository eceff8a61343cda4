#ifndef CK_CKERNELS_H
#define CK_CKERNELS_H

#include "attention.h"
#include "block_maxima.h"
#include "cache_format.h"
#include "checksum.h"
#include "elementwise.h"
#include "float_type.h"
#include "heap.h"
#include "instruction_set.h"
#include "kernels.h"
#include "panels.h"
#include "quantized.h"
#include "screened.h"

#endif
