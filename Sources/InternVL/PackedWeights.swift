import Checkpoint
package import Foundation
import Kernels

/// Weights laid out for the kernels, in a file beside the caches that later launches map.
///
/// A safetensors file with one uint8 tensor a matrix, each on a 64-byte boundary. It is written
/// under a temporary name and renamed when complete, by one program at a time, and used only while
/// the checkpoint files it was made from are unchanged.
package struct PackedWeights {
  /// A matrix to pack: its name in the checkpoint and what becomes of it.
  struct Entry {
    /// A packed form, with its size and shape.
    enum Form {
      /// AWQ's 4 bits as they are.
      case awq(QuantizedLayout)
      /// A float matrix quantised to 8 bits.
      case int8(QuantizedLayout)
      /// The output layer: 8 bits in two halves.
      case screened(ScreenedLayout)
    }

    let name: String
    let form: Form

    var byteCount: Int {
      switch form {
      case .awq(let layout), .int8(let layout): layout.byteCount
      case .screened(let layout): layout.byteCount
      }
    }
  }

  /// Changes whenever the packed layout does, so that older files are made again.
  private static let version = "3"
  private static let sourceKey = "source"
  private static let folderKey = "folder"

  private let tensors: [String: TensorView]

  /// Maps a file; nil when it is missing, cut or made from something else.
  init?(contentsOf file: URL, source: String) {
    guard let packed = try? SafetensorsFile(file),
      packed.metadata[Self.sourceKey] == source
    else { return nil }
    tensors = packed.tensors
  }

  /// The checkpoint folder that a file was made from, also while it is being written; nil where it
  /// is none of ours.
  package static func checkpointFolder(of file: URL) -> String? {
    (try? SafetensorsFile(file))?.metadata[folderKey]
  }

  /// Packs all matrices into a new file, unless another program has done so meanwhile.
  ///
  /// - Parameters:
  ///   - file: where it goes; its folder is made if needed.
  ///   - entries: what it will hold.
  ///   - folder: the checkpoint's folder.
  ///   - source: what the weights come from.
  ///   - pack: writes one matrix to its place.
  /// - Throws: `CheckpointError` when the disk is full or not writable, and what `pack` throws.
  static func write(
    _ file: URL, entries: [Entry], folder: URL, source: String,
    pack: (Entry, UnsafeMutableRawPointer) throws -> Void
  ) throws {
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw CheckpointError.unwritable(
        file: file.deletingLastPathComponent().path, reason: error.localizedDescription)
    }
    let writer = try SafetensorsWriter(
      file,
      tensors: entries.map { .init(name: $0.name, type: .uint8, shape: [$0.byteCount]) },
      metadata: [sourceKey: source, folderKey: folder.resolvingSymlinksInPath().path])
    guard PackedWeights(contentsOf: file, source: source) == nil else { return }
    for entry in entries {
      if let memory = writer.memory(of: entry.name).baseAddress { try pack(entry, memory) }
    }
    try writer.finish()
  }

  /// A packed matrix of the file; nil where it holds none of that name and size.
  func bytes(_ entry: Entry) -> (pointer: UnsafeRawPointer, owner: AnyObject?)? {
    guard let tensor = tensors[entry.name], tensor.byteCount == entry.byteCount,
      UInt(bitPattern: tensor.pointer).isMultiple(of: 64)
    else { return nil }
    return (tensor.pointer, tensor.owner)
  }

  /// What identifies packed weights: the checkpoint's files, the arithmetic and the layout's version.
  ///
  /// - Throws: `CheckpointError.unreadable`.
  static func source(
    _ folder: URL, arithmetic: Arithmetic
  ) throws(CheckpointError) -> String {
    "version \(version) \(arithmetic) \(try CheckpointDigest.hexadecimal(of: folder))"
  }

  /// The name of a checkpoint's packed file: readable, and different for every folder.
  static func fileName(_ folder: URL, arithmetic: Arithmetic) -> String {
    let folder = folder.standardizedFileURL.resolvingSymlinksInPath()
    // FNV-1a, 64 bits: enough to tell folders of the same name apart; `source` is the real check.
    let hash = folder.path.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return "\(folder.lastPathComponent)-\(String(hash, radix: 16))-\(arithmetic).safetensors"
  }
}

extension ModelPlan {
  /// The matrices that are packed when a model is loaded with this arithmetic.
  func packedEntries(_ arithmetic: Arithmetic) -> [PackedWeights.Entry] {
    tensors.compactMap { tensor in
      guard let form = tensor.packedForm(arithmetic) else { return nil }
      let isAWQ = tensor.use == .awq
      return .init(
        name: isAWQ ? String(tensor.name.dropLast(".qweight".count)) : tensor.name, form: form)
    }
  }
}

extension ModelPlan.Tensor {
  /// What the tensor is packed to; nil where it stays as it is, or is part of another's packed blocks.
  func packedForm(_ arithmetic: Arithmetic) -> PackedWeights.Entry.Form? {
    switch use {
    case .awq where name.hasSuffix(".qweight"):
      .awq(QuantizedLayout(rows: 8 * shape[1], columns: shape[0], bits: 4))
    case .matrix where arithmetic == .int8:
      .int8(QuantizedLayout(rows: shape[0], columns: shape[1], bits: 8))
    case .output where arithmetic == .int8:
      .screened(ScreenedLayout(rows: shape[0], columns: shape[1]))
    case .awq, .matrix, .output, .vector, .table: nil
    }
  }
}
