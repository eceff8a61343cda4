/// Finds modules, as any layout names them, among the tensors of a checkpoint.
struct ModulePlaces {
  /// Where a module's weight is.
  struct Place {
    /// The name of the stored weight.
    let tensor: String
    /// The rows of the stored weight that are the module's; nil: all.
    var rows: Range<Int>?
    /// The rows of the module that are in the stored weight; nil: all.
    var moduleRows: Range<Int>?
  }

  /// What the checkpoint calls its tensors.
  let names: TensorNames
  let language: LanguageConfiguration
  let vision: VisionConfiguration

  /// The stored weights that make up a module; empty where there is no such module.
  func places(of module: String) -> [Place] {
    for source in [TensorNames.openGVLab, .transformers, .transformersModules] {
      let found = places(of: module, namedBy: source)
      if !found.isEmpty { return found }
    }
    // Without the inner prefix, as early versions of transformers' model were.
    let early = "language_model.layers."
    guard module.hasPrefix(early) else { return [] }
    return [Place(tensor: "\(names.decoder)layers.\(module.dropFirst(early.count)).weight")]
  }

  private func places(of module: String, namedBy source: TensorNames) -> [Place] {
    if module + ".weight" == language.outputName(source) {
      return [Place(tensor: language.outputName(names))]
    }
    if module.hasPrefix(source.decoder) {
      return [Place(tensor: names.decoder + module.dropFirst(source.decoder.count) + ".weight")]
    }
    let (from, to) = (source.projector, names.projector)
    for (name, stored) in [(from.norm, to.norm), (from.fc1, to.fc1), (from.fc2, to.fc2)]
    where module == name {
      return [Place(tensor: stored + ".weight")]
    }
    guard module.hasPrefix(source.vision.blocks) else { return [] }
    let parts = module.dropFirst(source.vision.blocks.count)
      .split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return [] }
    return blockPlaces(of: parts[1], namedBy: source.vision).map { place in
      Place(
        tensor: "\(names.vision.blocks)\(parts[0]).\(place.tensor).weight", rows: place.rows,
        moduleRows: place.moduleRows)
    }
  }

  /// Where a module of a vision block is, by its name within the block.
  private func blockPlaces(of module: String, namedBy source: VisionNames) -> [Place] {
    let target = names.vision
    let width = vision.hidden
    let parts = (0..<3).map { $0 * width..<($0 + 1) * width }
    if let index = source.qkv.firstIndex(of: module) {
      switch (source.qkv.count, target.qkv.count) {
      case (1, 3):
        return zip(target.qkv, parts).map { Place(tensor: $0, moduleRows: $1) }
      case (3, 1): return [Place(tensor: target.qkv[0], rows: parts[index])]
      default: return [Place(tensor: target.qkv[index])]
      }
    }
    switch module {
    case source.projection: return [Place(tensor: target.projection)]
    case "mlp.fc1", "mlp.fc2": return [Place(tensor: module)]
    default: return []
    }
  }
}
