import Checkpoint
import Foundation
import Kernels

/// Weights laid out for the kernels, in a file beside the caches that later launches map.
///
/// A safetensors file with one uint8 tensor a matrix, each on a 64-byte boundary. It is written
/// under a temporary name and renamed when complete, and used only while the checkpoint files it
/// was made from are unchanged.
struct PackedWeights {
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

  private let tensors: [String: TensorView]

  /// Maps a file; nil when it is missing, damaged or made from something else.
  init?(contentsOf file: URL, source: String) {
    guard let packed = try? SafetensorsFile(file),
      packed.metadata[Self.sourceKey] == source
    else { return nil }
    tensors = packed.tensors
  }

  /// Packs all matrices into a new file.
  ///
  /// - Parameters:
  ///   - file: where it goes; its folder is made if needed.
  ///   - entries: what it will hold.
  ///   - source: what the weights come from.
  ///   - pack: writes one matrix to its place.
  /// - Throws: `CheckpointError` when the disk is full or not writable, and what `pack` throws.
  static func write(
    _ file: URL, entries: [Entry], source: String,
    pack: (Entry, UnsafeMutableRawPointer) throws -> Void
  ) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let writer = try SafetensorsWriter(
      file,
      tensors: entries.map { .init(name: $0.name, type: .uint8, shape: [$0.byteCount]) },
      metadata: [sourceKey: source])
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

  /// What identifies packed weights: every checkpoint file's name, size and time of change, the
  /// arithmetic and the layout's version.
  static func source(_ folder: URL, arithmetic: Arithmetic) -> String {
    let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
    let files =
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil))
      ?? []
    let parts = files.filter { ["json", "safetensors", "bin"].contains($0.pathExtension) }
      .map { file in
        let values = try? file.resolvingSymlinksInPath().resourceValues(forKeys: keys)
        let changed = values?.contentModificationDate?.timeIntervalSince1970 ?? 0
        return "\(file.lastPathComponent) \(values?.fileSize ?? 0) \(changed)"
      }
    return (["version \(version)", "\(arithmetic)"] + parts.sorted()).joined(separator: "\n")
  }

  /// The name of a checkpoint's packed file: readable, and different for every folder.
  static func fileName(_ folder: URL, arithmetic: Arithmetic) -> String {
    let path = folder.standardizedFileURL.resolvingSymlinksInPath().path
    // FNV-1a, 64 bits: enough to tell folders of the same name apart; `source` is the real check.
    let hash = path.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    let name = folder.standardizedFileURL.lastPathComponent
    return "\(name)-\(String(hash, radix: 16))-\(arithmetic).safetensors"
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
