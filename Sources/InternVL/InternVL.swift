// Placeholder of the module InternVL.
