// Placeholder of the module Checkpoint.
