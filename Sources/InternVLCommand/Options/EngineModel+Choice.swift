import Engines
import Foundation
import InternVL
import Models
import Registry

extension EngineModel {
  /// The model that a request means, at its place.
  ///
  /// An engine gets a folder where it is complete, with the code that OpenGVLab's layout needs; else the
  /// name of the repository, which it downloads by itself.
  init(_ choice: CheckpointChoice, argument: String?) throws {
    let registry = try choice.registry.load()
    let request = try choice.model.request(argument: argument, in: registry)
    if let path = choice.modelPath {
      self.init(try ModelCheckpoint(path: path))
      return
    }
    let catalog = ModelCatalog(registry)
    let spec = try catalog.resolve(request, hub: choice.hub.selection).spec
    let wanted: HubName? =
      switch choice.hub.hub {
      case .huggingface: .huggingface
      case .modelscope: .modelscope
      case .auto, nil: nil
      }
    if let folder = catalog.folder(of: spec, hub: choice.hub.selection),
      ModelCheckpoint.hasCode(folder) || !spec.isOnHubs
    {
      self.init(spec, at: .folder(folder.path))
    } else if let model = EngineModel(spec, atHub: wanted) {
      self = model
    } else {
      throw ModelsError.notAtHub(wanted, model: spec.name)
    }
  }

  /// A folder that the user named.
  private init(_ checkpoint: ModelCheckpoint) {
    let language = checkpoint.configuration.language
    self.init(
      name: checkpoint.name, place: .folder(checkpoint.folder.path),
      layout: checkpoint.configuration.layout == .transformers ? .transformers : .openGVLab,
      isAWQ: language.quantization?.format == .awq,
      dimensions: Dimensions(
        heads: language.heads, headWidth: language.headWidth, intermediate: language.intermediate,
        layers: language.layers))
  }
}

extension ModelCheckpoint {
  /// Whether a folder has the Python code that engines need for OpenGVLab's layout.
  fileprivate static func hasCode(_ folder: URL) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.contains { $0.hasPrefix("configuration_") && $0.hasSuffix(".py") }
  }
}
