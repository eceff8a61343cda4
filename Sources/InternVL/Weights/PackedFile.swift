import Checkpoint
import Files
package import Foundation
package import Kernels

/// A file of packed weights: what it was made from, and whether it is still what was written.
///
/// A safetensors file with one uint8 tensor a matrix, each on a 64-byte boundary, and each one's
/// `Compute.checksum` as another. Its metadata also has the time of change that it got when it was
/// complete: while it has that, nobody has written to it since.
package struct PackedFile {
  private static let sourceKey = "source"
  private static let folderKey = "folder"
  private static let timeKey = "time"
  private static let checksumSuffix = ".checksum"

  private let url: URL
  private let file: SafetensorsFile

  /// The checkpoint folder that it was made from.
  package let folder: String

  /// Maps a file, also one that is being written; nil where there is none, or it is cut or none of ours.
  package init?(_ url: URL) {
    guard let file = try? SafetensorsFile(url), let folder = file.metadata[Self.folderKey]
    else { return nil }
    self.url = url
    self.file = file
    self.folder = folder
  }

  /// Its matrices by their names, and their checksums.
  var tensors: [String: TensorView] { file.tensors }

  /// What `PackedWeights.source` said when it was made.
  var source: String? { file.metadata[Self.sourceKey] }

  /// Whether its time of change is the one that it was given.
  var isUntouched: Bool {
    let found = try? url.resourceValues(forKeys: [.contentModificationDateKey])
    return time != nil && found?.contentModificationDate == time
  }

  /// Gives it its time of change, as a file that was seen to be intact; where that cannot be, it will
  /// be looked through again.
  func markUntouched() {
    guard let time else { return }
    try? FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: url.path)
  }

  private var time: Date? {
    // 32 bits: whatever the file says, it is a date that the system can take.
    file.metadata[Self.timeKey].flatMap(UInt32.init).map {
      Date(timeIntervalSince1970: Double($0))
    }
  }

  /// Reads all of it.
  ///
  /// - Parameters:
  ///   - compute: makes the checksums.
  ///   - isCancelled: asked before every matrix.
  /// - Returns: whether every matrix has its checksum.
  /// - Throws: `InternVLError.cancelled`.
  package func isIntact(
    on compute: Compute, isCancelled: () -> Bool
  ) throws(InternVLError) -> Bool {
    // In the order of the file, which is the fastest to read.
    for matrix in file.tensors.values.sorted(by: { $0.pointer < $1.pointer })
    where !matrix.name.hasSuffix(Self.checksumSuffix) {
      if isCancelled() { throw .cancelled }
      guard let checksum = file.tensors[matrix.name + Self.checksumSuffix],
        checksum.byteCount == MemoryLayout<UInt64>.size,
        checksum.pointer.loadUnaligned(as: UInt64.self)
          == compute.checksum(matrix.pointer, byteCount: matrix.byteCount)
      else { return false }
    }
    return true
  }

  /// Writes one, and gives it its name when it is complete.
  ///
  /// - Parameters:
  ///   - unfinished: where it goes.
  ///   - entries: the matrices.
  ///   - folder: the checkpoint's folder.
  ///   - source: what `PackedWeights.source` says of it.
  ///   - compute: makes the checksums.
  ///   - pack: writes a matrix to its place.
  /// - Throws: `CheckpointError.unwritable`, and what `pack` throws.
  static func write(
    _ unfinished: consuming UnfinishedFile, entries: [PackedWeights.Entry], folder: URL,
    source: String, compute: Compute,
    pack: (PackedWeights.Entry, UnsafeMutableRawPointer) throws -> Void
  ) throws {
    // Whole seconds, which every file system keeps.
    let time = Int(Date.now.timeIntervalSince1970)
    let writer = try SafetensorsWriter(
      unfinished,
      tensors: entries.flatMap { entry -> [SafetensorsWriter.Declaration] in
        [
          .init(name: entry.name, type: .uint8, shape: [entry.byteCount]),
          .init(name: entry.name + checksumSuffix, type: .int64, shape: [1]),
        ]
      },
      metadata: [
        sourceKey: source, folderKey: folder.resolvingSymlinksInPath().path, timeKey: "\(time)",
      ])
    for entry in entries {
      guard let memory = writer.memory(of: entry.name).baseAddress else { continue }
      try pack(entry, memory)
      let checksum = compute.checksum(memory, byteCount: entry.byteCount)
      writer.write([checksum], to: entry.name + checksumSuffix)
    }
    try writer.finish()
  }
}
