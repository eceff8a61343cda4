package import Foundation

/// A checkpoint's folder, with all its tensors where they lie in the files.
///
/// The folder is recognised by what is in it. Read is the first of
/// `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin` and
/// `pytorch_model.bin.index.json`, and the shards that an index names: in the order of transformers,
/// for which an index beside a merged file is a leftover. Other files, such as the `.pth`
/// leftovers of quantisation tools, are not looked at. Links are followed, because hub caches
/// consist of them.
package struct CheckpointFolder: Sendable {
  /// How the weights are stored.
  package enum Format: String, Sendable {
    case safetensors, pytorch

    /// The name of the file where the weights are in one.
    var singleFile: String {
      switch self {
      case .safetensors: "model.safetensors"
      case .pytorch: "pytorch_model.bin"
      }
    }

    var suffix: String {
      switch self {
      case .safetensors: ".safetensors"
      case .pytorch: ".bin"
      }
    }

    /// The tensors of one file.
    package func tensors(of url: URL) throws(CheckpointError) -> [String: StoredTensor] {
      switch self {
      case .safetensors: try SafetensorsFile(url).tensors.mapValues { StoredTensor($0) }
      case .pytorch: try PyTorchFile.tensors(of: url)
      }
    }
  }

  package let url: URL
  package let format: Format
  /// The tensors by name.
  package let tensors: [String: StoredTensor]

  /// The size of all tensors; tensors that share memory count each.
  package var totalBytes: Int { tensors.values.reduce(0) { $0 + $1.byteCount } }

  /// Maps the weights in the folder at `url`; no tensor is read.
  package init(_ url: URL) throws(CheckpointError) {
    for format in [Format.safetensors, .pytorch] {
      let single = url.appending(path: format.singleFile)
      let index = url.appending(path: format.singleFile + ".index.json")
      if Self.exists(single) {
        self.init(url: url, format: format, tensors: try format.tensors(of: single))
        return
      }
      if Self.exists(index) {
        self.init(
          url: url, format: format,
          tensors: try Self.tensors(
            of: ShardIndex(contentsOf: index, suffix: format.suffix), in: url, format))
        return
      }
    }
    throw .noWeights(folder: url.path(percentEncoded: false))
  }

  private init(url: URL, format: Format, tensors: [String: StoredTensor]) {
    self.url = url
    self.format = format
    self.tensors = tensors
  }

  /// The same folder with its tensors under other names, and without those that get none.
  package func renamed(_ newName: (String) -> String?) -> CheckpointFolder {
    var renamed: [String: StoredTensor] = [:]
    for (name, tensor) in tensors {
      if let name = newName(name) { renamed[name] = tensor }
    }
    return CheckpointFolder(url: url, format: format, tensors: renamed)
  }

  private static func exists(_ url: URL) -> Bool {
    FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
  }

  /// The tensors that an index lists, each from the shard that it names.
  private static func tensors(
    of index: ShardIndex, in folder: URL, _ format: Format
  ) throws(CheckpointError) -> [String: StoredTensor] {
    var tensors: [String: StoredTensor] = [:]
    for (shard, names) in index.shards.sorted(by: { $0.key < $1.key }) {
      let file = folder.appending(path: shard)
      guard exists(file) else { throw .index(file: index.file, .missingShard(shard)) }
      let held = try format.tensors(of: file)
      for name in names {
        guard let tensor = held[name] else {
          throw .index(file: index.file, .missingTensor(name, shard: shard))
        }
        tensors[name] = tensor
      }
    }
    return tensors
  }
}

extension CheckpointFolder {
  /// The tensor with the given name.
  ///
  /// - Throws: `CheckpointError.missingTensor`.
  package func tensor(named name: String) throws(CheckpointError) -> StoredTensor {
    guard let tensor = tensors[name] else { throw .missingTensor(name: name) }
    return tensor
  }

  /// The tensor with the given name, which must have the given shape.
  ///
  /// - Throws: `CheckpointError.missingTensor` or `.wrongShape`.
  package func tensor(
    named name: String, shape: [Int]
  ) throws(CheckpointError) -> StoredTensor {
    let tensor = try tensor(named: name)
    guard tensor.shape == shape else {
      throw .wrongShape(file: tensor.file, tensor: name, expected: shape, found: tensor.shape)
    }
    return tensor
  }
}
