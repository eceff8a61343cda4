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
    let folder = folder.resolvingSymlinksInPath().path
    do throws(FileError) {
      for name in try FileSystem.list(folder)
      where ["json", "safetensors", "bin"].contains(URL(filePath: name).pathExtension) {
        try add(name, in: folder, to: &hash)
      }
    } catch {
      throw .unreadable(error)
    }
    return hash.hexadecimal()
  }

  private static func add(
    _ name: String, in folder: String, to hash: inout Digest
  ) throws(FileError) {
    let file = try OpenFile(reading: "\(folder)/\(name)")
    let status = try file.status()
    try status.requireFile(file.path)
    let size = Int(status.size)
    hash.update("\(name) \(size) \(status.changed.seconds).\(status.changed.nanoseconds)\n")
    guard size > pieces * pieceBytes else {
      try file.readToEnd().withUnsafeBytes { hash.update($0) }
      return
    }
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
    defer { piece.deallocate() }
    for index in 0..<pieces {
      let offset = Int64(index * ((size - pieceBytes) / (pieces - 1)))
      let count = try file.read(into: piece, at: offset)
      hash.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
  }
}
