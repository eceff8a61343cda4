// Placeholder of the module Engines.
