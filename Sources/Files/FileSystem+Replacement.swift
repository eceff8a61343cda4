#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension FileSystem {
  /// Ends the names of files that are being written.
  package static let temporarySuffix = ".incomplete"

  /// Gives what stands at `path` another name on the same volume, in place of what has that name.
  package static func move(_ path: String, to target: String) throws(FileError) {
    guard rename(path, target) == 0 else { throw .system(.move, target) }
  }

  /// Removes a file or a link; silent when it is not there, or cannot be removed.
  package static func removeFile(_ path: String) { unlink(path) }

  /// Removes a file or a link, if it is there.
  package static func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .system(.remove, path) }
  }

  /// Replaces a file's content in one step, so that readers see the old text or the new one; makes the
  /// folders that are missing.
  ///
  /// The text is written in the folder `staging` first, which is on the same volume; nil is the
  /// file's own folder. Without `durably`, a power cut may leave an empty file; that is for notes
  /// one can do without.
  package static func replace(
    _ path: String, with text: String, staging: String? = nil, durably: Bool
  ) throws(FileError) {
    let folder = parent(of: path)
    try makeFolder(folder)
    try makeFolder(staging ?? folder)
    try replace(path, staging: staging ?? folder) { file throws(FileError) in
      try file.append(text)
      if durably { try file.synchronize() }
    }
    if durably { try synchronizeFolder(folder) }
  }

  /// Copies a file, by way of the folder `staging`, which is on the same volume.
  package static func copy(
    _ source: String, to path: String, staging: String
  ) throws(FileError) {
    try makeFolder(staging)
    try replace(path, staging: staging) { to throws(FileError) in
      let from = try OpenFile(reading: source)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
      defer { buffer.deallocate() }
      var position: Int64 = 0
      while true {
        let count = try from.read(into: buffer, at: position)
        guard count > 0 else { break }
        try to.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: position)
        position += Int64(count)
      }
      try to.synchronize()
    }
  }

  /// Replaces a file in one step by what `write` writes, or leaves everything as it was.
  ///
  /// Until it is complete, the new file lies in the folder `staging`, which is on the same volume; nil
  /// is the file's own folder.
  package static func replace(
    _ path: String, staging: String? = nil, write: (OpenFile) throws(FileError) -> Void
  ) throws(FileError) {
    let temporary = temporaryPath(in: staging ?? parent(of: path))
    do throws(FileError) {
      try write(OpenFile(newFile: temporary))
    } catch {
      removeFile(temporary)
      // Nobody knows the temporary name.
      throw error.path == temporary ? FileError(error.operation, path, error.reason) : error
    }
    try moveOrRemove(temporary, to: path)
  }

  /// Gives a temporary file its name, or removes it.
  static func moveOrRemove(_ temporary: String, to path: String) throws(FileError) {
    do throws(FileError) {
      try move(temporary, to: path)
    } catch {
      removeFile(temporary)
      throw error
    }
  }

  static func temporaryPath(in folder: String) -> String {
    "\(folder)/.\(uniqueName())\(temporarySuffix)"
  }

  /// Eight hexadecimal digits that no other process has drawn.
  package static func uniqueName() -> String { UInt32.random(in: .min ... .max).hexadecimal }
}
