import Checkpoint
import Files
import Foundation

/// A digest that changes with a checkpoint's files, made in milliseconds whatever their size.
///
/// SHA-256 of each file's name, size and time of change, and of pieces of its contents that lie
/// evenly in it: all of a small file, 64 pieces of 4 KiB of a large one. The time shows a change
/// anywhere; the pieces show another model's weights where times say nothing, as in an archive that
/// sets all of them to one.
enum CheckpointDigest {
  private static let pieces = 64
  private static let pieceBytes = 4096

  /// The digest in hexadecimal.
  ///
  /// - Throws: `CheckpointError.unreadable` for the folder or a file in it.
  static func hexadecimal(of folder: URL) throws(CheckpointError) -> String {
    var hash = Digest(.sha256)
    do {
      let files = try FileManager.default.contentsOfDirectory(
        at: folder.resolvingSymlinksInPath(), includingPropertiesForKeys: nil
      ).filter { ["json", "safetensors", "bin"].contains($0.pathExtension) }
      for file in files.sorted(by: { $0.lastPathComponent < $1.lastPathComponent }) {
        try add(file, to: &hash)
      }
    } catch {
      throw .unreadable(file: folder.path, reason: error.localizedDescription)
    }
    return hash.hexadecimal()
  }

  private static func add(_ file: URL, to hash: inout Digest) throws {
    let values = try file.resolvingSymlinksInPath().resourceValues(forKeys: [
      .fileSizeKey, .contentModificationDateKey,
    ])
    let size = values.fileSize ?? 0
    let changed = values.contentModificationDate?.timeIntervalSince1970 ?? 0
    hash.update("\(file.lastPathComponent) \(size) \(changed)\n")
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }
    guard size > pieces * pieceBytes else {
      try handle.readToEnd()?.withUnsafeBytes { hash.update($0) }
      return
    }
    for piece in 0..<pieces {
      try handle.seek(toOffset: UInt64(piece * ((size - pieceBytes) / (pieces - 1))))
      try handle.read(upToCount: pieceBytes)?.withUnsafeBytes { hash.update($0) }
    }
  }
}
