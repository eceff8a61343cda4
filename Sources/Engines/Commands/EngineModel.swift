package import Registry

/// A model as engines know it: where it is, and what decides how they take it.
package struct EngineModel: Sendable, Equatable {
  /// Where an engine finds the files.
  package enum Place: Sendable, Equatable {
    /// A complete folder of this machine.
    case folder(String)
    /// A repository that the engine downloads by itself.
    case repository(id: String, hub: HubName)
  }

  /// How the files are laid out.
  package enum Layout: Sendable {
    /// As OpenGVLab's repositories are, with Python code in them.
    case openGVLab
    /// As the transformers library saves its own models; repositories whose names end with `-hf`.
    case transformers
  }

  /// The language model's dimensions, which decide how many GPUs can share it.
  package struct Dimensions: Sendable, Equatable {
    var heads: Int, headWidth: Int, intermediate: Int, layers: Int

    package init(heads: Int, headWidth: Int, intermediate: Int, layers: Int) {
      self.heads = heads
      self.headWidth = headWidth
      self.intermediate = intermediate
      self.layers = layers
    }
  }

  package var name: String
  package var place: Place
  package var layout: Layout
  package var isAWQ: Bool
  /// Nil where the registry does not state them.
  package var dimensions: Dimensions?

  package init(
    name: String, place: Place, layout: Layout, isAWQ: Bool, dimensions: Dimensions?
  ) {
    self.name = name
    self.place = place
    self.layout = layout
    self.isAWQ = isAWQ
    self.dimensions = dimensions
  }

  /// A model of the registry at its place.
  package init(_ spec: ModelSpec, at place: Place) {
    self.init(
      name: spec.name, place: place,
      layout: spec.name.hasSuffix("-hf") ? .transformers : .openGVLab,
      isAWQ: spec.format == .awq,
      dimensions: spec.shape.map {
        Dimensions(
          heads: $0.language.heads, headWidth: $0.language.headWidth,
          intermediate: $0.language.intermediate, layers: $0.language.layers)
      })
  }

  /// A model of the registry at a hub, Hugging Face where it is there; nil where it is at none.
  package init?(_ spec: ModelSpec, atHub wanted: HubName? = nil) {
    let hubs = wanted.map { [$0] } ?? HubName.allCases
    guard let hub = hubs.first(where: { spec.hubModel($0) != nil }), let model = spec.hubModel(hub)
    else { return nil }
    self.init(spec, at: .repository(id: model.id, hub: hub))
  }

  /// The folder or the repository, as engines take either.
  package var path: String {
    switch place {
    case .folder(let path): path
    case .repository(let id, _): id
    }
  }

  var hub: HubName? {
    if case .repository(_, let hub) = place { hub } else { nil }
  }
}

extension EngineModel.Dimensions {
  /// Inputs that share a scale in AWQ's matrices.
  private static let group = 128

  /// Whether so many GPUs can share the attention's heads.
  func splitsHeads(into parts: Int) -> Bool { heads.isMultiple(of: parts) }

  /// Whether each GPU's part of an AWQ matrix has whole groups.
  func splitsGroups(into parts: Int) -> Bool {
    [heads * headWidth, intermediate].allSatisfy { $0.isMultiple(of: parts * Self.group) }
  }
}
