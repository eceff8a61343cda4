#ifndef CKERNELS_H
#define CKERNELS_H

#include "attention.h"
#include "checksum.h"
#include "elementwise.h"
#include "panels.h"
#include "float_type.h"
#include "instruction_set.h"
#include "machine_limits.h"
#include "norms.h"
#include "quantized.h"
#include "cache_format.h"
#include "screened.h"

#endif
