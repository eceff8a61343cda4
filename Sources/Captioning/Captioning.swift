// Placeholder of the module Captioning.
