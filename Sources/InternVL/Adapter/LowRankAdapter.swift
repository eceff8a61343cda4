import Checkpoint
import Foundation
import Kernels

/// A LoRA adapter: what it adds to a checkpoint's weights, and what it puts in their place.
///
/// Source: Hu et al., "LoRA" (2021); names and factors as the PEFT library writes them.
struct LowRankAdapter {
  /// `scale · up · down` for a stored weight, or for some of its rows.
  struct Update {
    /// `[rank, inputs]`.
    let down: StoredTensor
    /// `[outputs, rank]`.
    let up: StoredTensor
    let scale: Float
    let place: ModulePlaces.Place
  }

  /// By the name of the stored weight.
  private(set) var updates: [String: [Update]] = [:]
  /// Tensors in place of stored ones (`modules_to_save`).
  private(set) var replacements: [String: StoredTensor] = [:]

  /// Reads an adapter's folder.
  ///
  /// - Throws: `InternVLError.adapter` for what does not fit the checkpoint, `.checkpoint` for its files.
  init(
    folder: URL, configuration: Configuration, checkpoint: CheckpointFolder
  ) throws(InternVLError) {
    let settings: AdapterConfiguration
    let tensors: [String: StoredTensor]
    do {
      settings = try AdapterConfiguration(folder: folder)
      let file = folder.appending(path: "adapter_model.safetensors")
      guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else {
        throw AdapterFault.noWeights
      }
      tensors = try CheckpointFolder.Format.safetensors.tensors(of: file)
    } catch let fault as AdapterFault {
      throw .adapter(name: folder.lastPathComponent, fault)
    } catch {
      throw .checkpoint(error)
    }
    do {
      try self.init(tensors, settings, configuration, checkpoint)
    } catch {
      throw .adapter(name: folder.lastPathComponent, error)
    }
  }

  /// Joins the tensors of an adapter, of which every one must have its place.
  init(
    _ tensors: [String: StoredTensor], _ settings: AdapterConfiguration,
    _ configuration: Configuration, _ checkpoint: CheckpointFolder
  ) throws(AdapterFault) {
    let places = ModulePlaces(
      names: configuration.names, language: configuration.language, vision: configuration.vision)
    var pairs: [String: (down: StoredTensor?, up: StoredTensor?)] = [:]
    var unknown: [String] = []
    for (key, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let name = Self.withoutWrappers(key)
      if let module = name.dropping(suffix: ".lora_A.weight") {
        guard pairs[module]?.down == nil else { throw .duplicate(tensor: key) }
        pairs[module, default: (nil, nil)].down = tensor
      } else if let module = name.dropping(suffix: ".lora_B.weight") {
        guard pairs[module]?.up == nil else { throw .duplicate(tensor: key) }
        pairs[module, default: (nil, nil)].up = tensor
      } else if name.contains("lora_") {
        throw .unsupported(tensor: key)
      } else if let stored = try Self.replaced(name, places, configuration, checkpoint) {
        guard replacements[stored] == nil else { throw .duplicate(tensor: key) }
        replacements[stored] = tensor
      } else {
        unknown.append(name)
      }
    }
    for (module, pair) in pairs.sorted(by: { $0.key < $1.key }) {
      guard let down = pair.down, let up = pair.up else { throw .half(module: module) }
      let found = places.places(of: module)
      if found.isEmpty { unknown.append(module) }
      for place in found {
        guard let shape = checkpoint.matrixShape(place.tensor) else {
          unknown.append(module)
          continue
        }
        try Self.check(down, up, place, shape, module: module)
        updates[place.tensor, default: []].append(
          Update(
            down: down, up: up, scale: settings.scale(of: module, rank: down.shape[0]),
            place: place))
      }
    }
    guard unknown.isEmpty else { throw .unknownModules(unknown) }
  }

  private static func check(
    _ down: StoredTensor, _ up: StoredTensor, _ place: ModulePlaces.Place, _ stored: [Int],
    module: String
  ) throws(AdapterFault) {
    let made = (up.shape.first ?? 0, down.shape.last ?? 0)
    let rows = place.rows?.count ?? stored.first ?? 0
    guard down.shape.count == 2, up.shape.count == 2, stored.count == 2,
      down.shape[0] == up.shape[1], down.shape[0] > 0, made.1 == stored[1],
      place.moduleRows.map({ $0.upperBound <= made.0 }) ?? (made.0 == rows),
      place.moduleRows?.count ?? made.0 == rows
    else {
      throw .wrongShape(module: module, adapter: [made.0, made.1], stored: stored)
    }
  }

  /// Bytes that the matrices of an adapter's folder take beside weights that they are not merged into;
  /// 0 where it cannot be read, which loading then says.
  static func branchBytes(of folder: URL) -> Int {
    let file = folder.appending(path: "adapter_model.safetensors")
    let tensors = try? CheckpointFolder.Format.safetensors.tensors(of: file)
    return (tensors ?? [:]).values.reduce(0) { sum, tensor in
      // The second matrix is laid out anew, in float32.
      sum + (tensor.name.contains(".lora_B.") ? 4 * tensor.byteCount / tensor.type.byteCount : 0)
        + (tensor.name.contains(".lora_A.") ? tensor.byteCount : 0)
    }
  }

  /// A key without what the library wraps around modules.
  private static func withoutWrappers(_ key: String) -> String {
    var name = key[...]
    while name.hasPrefix("base_model.model.") { name = name.dropFirst("base_model.model.".count) }
    return String(name).replacing(".default.weight", with: ".weight")
      .replacing(".modules_to_save.", with: ".")
  }

  /// The stored tensor that a whole tensor of the adapter is put in place of.
  private static func replaced(
    _ name: String, _ places: ModulePlaces, _ configuration: Configuration,
    _ checkpoint: CheckpointFolder
  ) throws(AdapterFault) -> String? {
    for suffix in [".weight", ".bias"] {
      guard let module = name.dropping(suffix: suffix) else { continue }
      let found = places.places(of: module)
      guard found.count == 1, found[0].rows == nil,
        let stored = found[0].tensor.dropping(suffix: ".weight")
      else { return nil }
      if checkpoint.tensors[stored + suffix] != nil { return stored + suffix }
      guard configuration.quantization(of: stored) == nil else { throw .quantized(module: module) }
      return nil
    }
    return nil
  }
}

extension CheckpointFolder {
  /// The shape `[outputs, inputs]` of a linear layer's weight, also of one in 4 bits; nil where there is
  /// none.
  func matrixShape(_ weight: String) -> [Int]? {
    if let stored = tensors[weight] { return stored.shape }
    if let shape = tensors[weight + "_packed"]?.shape, shape.count == 2 {
      return [shape[0], 8 &* shape[1]]
    }
    guard let layer = weight.dropping(suffix: ".weight"),
      let shape = tensors[layer + ".qweight"]?.shape, shape.count == 2
    else { return nil }
    return [8 &* shape[1], shape[0]]
  }
}

extension String {
  /// What is before a suffix; nil where it does not end with it.
  func dropping(suffix: String) -> String? {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
  }
}
