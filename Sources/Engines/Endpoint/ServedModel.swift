/// A model at a server.
package struct ServedModel: Sendable {
  package let endpoint: Endpoint
  /// The server's name for the model.
  package let name: String

  package init(endpoint: Endpoint, name: String) {
    self.endpoint = endpoint
    self.name = name
  }

  /// The name without its owner.
  package var shortName: String { name.split(separator: "/").last.map(String.init) ?? name }
}
