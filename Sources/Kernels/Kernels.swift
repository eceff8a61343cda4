// Placeholder of the module Kernels.
