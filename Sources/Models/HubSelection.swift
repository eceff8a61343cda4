import Hub
import Registry

/// Which hubs may be asked for which revision.
package struct HubSelection: Sendable, Equatable {
  /// Hubs by name, or whichever answers first.
  package enum Source: String, Sendable, CaseIterable {
    case huggingface, modelscope, auto
  }

  /// nil takes the hub that the settings prefer.
  package var source: Source?
  /// nil takes the registry's.
  package var revision: String?
  package var isOffline: Bool

  package init(source: Source? = nil, revision: String? = nil, isOffline: Bool = false) {
    self.source = source
    self.revision = revision
    self.isOffline = isOffline
  }

  /// Whether one hub was named, which is then asked even if all files seem to be here.
  var namesHub: Bool { source != nil && source != .auto }

  /// The repositories that hold a spec, the preferred hub's alone where there is one.
  ///
  /// - Throws: `ModelsError.notAtHub`; `HubError` for a name or revision that cannot be one.
  func models(of spec: ModelSpec, preferred: HubName?) throws -> [RemoteModel] {
    let wanted: HubName? =
      switch source {
      case .huggingface: .huggingface
      case .modelscope: .modelscope
      case .auto: nil
      case nil: preferred
      }
    let hubs = wanted.map { [$0] } ?? HubName.allCases
    let models = try hubs.compactMap { hub in
      try spec.hubModel(hub).map {
        try RemoteModel(hub: hub, id: $0.id, revision: revision ?? $0.revision)
      }
    }
    guard !models.isEmpty else { throw ModelsError.notAtHub(wanted, model: spec.name) }
    return models
  }
}
