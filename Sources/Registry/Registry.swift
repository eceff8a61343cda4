// Placeholder of the module Registry.
let embeddedRegistry = PackageResources.registry_json
