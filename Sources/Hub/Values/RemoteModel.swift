package import Registry

/// A repository at a hub, at one revision.
package struct RemoteModel: Hashable, Sendable {
  package let hub: HubName
  package let repository: RepositoryID
  package let revision: Revision

  /// Checks the id and the revision; a missing revision is the hub's default branch.
  package init(hub: HubName, id: String, revision: String? = nil) throws(HubError) {
    self.hub = hub
    repository = try RepositoryID(id)
    self.revision = try Revision(revision ?? hub.defaultRevision)
  }
}

extension HubName {
  /// The branch that a repository has when nobody says otherwise.
  var defaultRevision: String {
    switch self {
    case .huggingface: "main"
    case .modelscope: "master"
    }
  }
}

/// A model whose wanted files are all on this machine.
package struct CachedModel: Sendable, Equatable {
  package let model: RemoteModel
  /// The commit at Hugging Face, the revision's name at ModelScope.
  package let commit: String
  /// The folder to load it from.
  package let folder: String
}

/// How much of a model is on this machine.
package enum CacheState: Sendable, Equatable {
  case complete(CachedModel)
  /// Some files are there; `missing` names the others, as far as the listing is known.
  case incomplete(missing: [String])
  case absent
}
