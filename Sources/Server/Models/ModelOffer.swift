package import Models

/// A model that a server has, loaded or not.
package struct ModelOffer: Sendable {
  /// What clients call it.
  package let name: String
  /// Tokens that a prompt and its answer may have together.
  package let contextLength: Int
  /// What it is, as far as it is known.
  package var format: String?
  package var family: String?
  /// In billions of parameters.
  package var size: String?
  package var quantization: String?
  /// Loads it, and tells what happens meanwhile.
  ///
  /// It blocks, and is called from a thread of its own.
  package let load: @Sendable (_ onEvent: @escaping (ModelEvent) -> Void) throws -> LoadedModel

  package init(
    name: String, contextLength: Int,
    load: @escaping @Sendable (_ onEvent: @escaping (ModelEvent) -> Void) throws -> LoadedModel
  ) {
    self.name = name
    self.contextLength = contextLength
    self.load = load
  }

  /// Whether a client means this model: by its name in any case, as ollama's clients with a tag, or
  /// as a repository with its owner.
  func isCalled(_ name: String) -> Bool {
    var wanted = name.lowercased()[...]
    if wanted.hasSuffix(":latest") { wanted = wanted.dropLast(7) }
    let own = self.name.lowercased()
    return wanted == own || wanted.split(separator: "/").last.map { $0 == own } ?? false
  }
}
