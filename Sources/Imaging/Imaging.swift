// Placeholder of the module Imaging.
