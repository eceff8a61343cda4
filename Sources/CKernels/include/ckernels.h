#ifndef CKERNELS_H
#define CKERNELS_H

#include "instruction_set.h"
#include "quantized.h"

#endif
