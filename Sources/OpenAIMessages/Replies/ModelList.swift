/// The models that a server has.
package struct ModelList: Encodable, Sendable {
  package let object = "list"
  package let data: [ModelEntry]

  package init(_ models: [ModelEntry]) { data = models }
}

/// One model of a server.
package struct ModelEntry: Encodable, Sendable {
  package let id: String
  package let object = "model"
  package let created: Int
  package let ownedBy = "internvl"
  /// Tokens that a prompt and its answer may have together.
  package let maxModelLen: Int

  package init(id: String, created: Int, contextLength: Int) {
    self.id = id
    self.created = created
    maxModelLen = contextLength
  }
}
