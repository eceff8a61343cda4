import Checkpoint
import Files
import Foundation
import Kernels

/// Weights laid out for the kernels, in a file beside the caches that later launches map.
///
/// The file is written under a temporary name and renamed when complete, by one program at a time, and
/// used only while the checkpoint files it was made from are unchanged. When somebody wrote to it, its
/// checksums decide.
struct PackedWeights {
  /// A matrix to pack: its name in the checkpoint and what becomes of it.
  struct Entry {
    /// A packed form, with its size and shape.
    enum Form {
      /// AWQ's 4 bits as they are.
      case awq(QuantizedLayout)
      /// compressed-tensors' 4 bits as they are.
      case words(QuantizedLayout)
      /// A float matrix quantised to 8 bits.
      case int8(QuantizedLayout)
      /// The output layer: 8 bits in two halves.
      case screened(ScreenedLayout)
    }

    let name: String
    let form: Form

    /// In whole cache lines, so that the file's writer aligns the matrix to them.
    var byteCount: Int {
      let bytes =
        switch form {
        case .awq(let layout), .words(let layout), .int8(let layout): layout.byteCount
        case .screened(let layout): layout.byteCount
        }
      return (bytes + 63) / 64 * 64
    }
  }

  /// Changes whenever the packed layout does, so that older files are made again.
  private static let version = "4"

  private let tensors: [String: TensorView]

  /// Maps the packed weights of a checkpoint, made first where they are missing, damaged or of something
  /// else.
  ///
  /// - Parameters:
  ///   - file: where they are; its folder is made if needed.
  ///   - entries: what they hold.
  ///   - folder: the checkpoint's folder.
  ///   - adapter: the folder of the adapter that is merged into them; nil for none.
  ///   - arithmetic: what they are packed for.
  ///   - packer: packs the checkpoint.
  ///   - progress: see `VisionLanguageModel.init`.
  /// - Returns: nil where the file that was just written is not there any more.
  /// - Throws: `CheckpointError` when the checkpoint cannot be read, or the disk is full or not
  ///   writable; `InternVLError` from the packer.
  static func load(
    _ file: URL, entries: [Entry], folder: URL, adapter: URL?, arithmetic: Arithmetic,
    packer: WeightPacker, progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> PackedWeights? {
    let source = try source(folder, adapter: adapter, arithmetic: arithmetic)
    if let packed = try map(file, entries, source: source, packer: packer) { return packed }
    let total = entries.reduce(0) { $0 + $1.byteCount }
    var done = 0
    progress(done, total)
    try makeFolder(of: file)
    let unfinished = try UnfinishedFile(file)
    // Another program may have made them while this one waited.
    if let packed = try map(file, entries, source: source, packer: packer) { return packed }
    try PackedFile.write(
      unfinished, entries: entries, folder: folder, source: source, compute: packer.compute
    ) {
      try packer.pack($0, into: $1)
      done += $0.byteCount
      progress(done, total)
    }
    PackedFile(file)?.markUntouched()
    return try map(file, entries, source: source, packer: packer)
  }

  /// Maps a file; nil where it is missing, damaged or of something else.
  private static func map(
    _ url: URL, _ entries: [Entry], source: String, packer: WeightPacker
  ) throws(InternVLError) -> PackedWeights? {
    guard let file = PackedFile(url), file.source == source else { return nil }
    let weights = PackedWeights(tensors: file.tensors)
    guard entries.allSatisfy({ weights.bytes($0) != nil }) else { return nil }
    if !file.isUntouched {
      guard try file.isIntact(on: packer.compute, isCancelled: packer.isCancelled)
      else { return nil }
      file.markUntouched()
    }
    return weights
  }

  private static func makeFolder(of file: URL) throws(CheckpointError) {
    do {
      try FileSystem.makeFolder(file.deletingLastPathComponent().path(percentEncoded: false))
    } catch {
      throw .unwritable(error)
    }
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
  private static func source(
    _ folder: URL, adapter: URL?, arithmetic: Arithmetic
  ) throws(CheckpointError) -> String {
    let checkpoint = try CheckpointDigest.hexadecimal(of: folder)
    let merged = try adapter.map { (url) throws(CheckpointError) in
      " \(try CheckpointDigest.hexadecimal(of: url))"
    }
    return "version \(version) \(arithmetic) \(checkpoint)\(merged ?? "")"
  }

  /// The name of a checkpoint's packed file: readable, and different for every folder.
  static func fileName(_ folder: URL, adapter: URL? = nil, arithmetic: Arithmetic) -> String {
    let folder = folder.standardizedFileURL.resolvingSymlinksInPath()
    let merged = adapter.map { "\n" + $0.standardizedFileURL.resolvingSymlinksInPath().path } ?? ""
    // FNV-1a, 64 bits: enough to tell folders of the same name apart; `source` is the real check.
    let hash = (folder.path + merged).utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    return "\(folder.lastPathComponent)-\(String(hash, radix: 16))-\(arithmetic).safetensors"
  }
}

extension ModelPlan {
  /// The matrices that are packed when a model is loaded with this arithmetic.
  func packedEntries(_ arithmetic: Arithmetic) -> [PackedWeights.Entry] {
    tensors.compactMap { tensor in
      tensor.packedForm(arithmetic).map { .init(name: tensor.packedName, form: $0) }
    }
  }
}

extension ModelPlan.Tensor {
  /// What the tensor is packed to; nil where it stays as it is, or is part of another's packed blocks.
  func packedForm(_ arithmetic: Arithmetic) -> PackedWeights.Entry.Form? {
    switch use {
    case .awq: .awq(QuantizedLayout(rows: 8 * shape[1], columns: shape[0], bits: 4))
    case .words: .words(QuantizedLayout(rows: shape[0], columns: 8 * shape[1], bits: 4))
    case .unpackedWords where arithmetic == .int8:
      .int8(QuantizedLayout(rows: shape[0], columns: 8 * shape[1], bits: 8))
    case .matrix where arithmetic == .int8:
      .int8(QuantizedLayout(rows: shape[0], columns: shape[1], bits: 8))
    case .output where arithmetic == .int8:
      .screened(ScreenedLayout(rows: shape[0], columns: shape[1]))
    case .unpackedWords, .matrix, .output, .vector, .table, .constants: nil
    }
  }

  /// The name that the packed matrix goes by: the layer's where its codes are kept, else the weight's.
  fileprivate var packedName: String {
    switch use {
    case .awq: String(name.dropLast(".qweight".count))
    case .words: String(name.dropLast(".weight_packed".count))
    case .unpackedWords: String(name.dropLast("_packed".count))
    case .matrix, .output, .vector, .table, .constants: name
    }
  }
}
