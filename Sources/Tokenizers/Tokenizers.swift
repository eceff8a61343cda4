// Placeholder of the module Tokenizers.
