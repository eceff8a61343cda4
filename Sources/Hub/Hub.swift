// Placeholder of the module Hub.
