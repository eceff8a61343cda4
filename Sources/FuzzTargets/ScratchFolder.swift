import Foundation

/// A folder for the files that a reader is given, in memory where the system has such.
package struct ScratchFolder: Sendable {
  let url: URL

  package init() throws {
    let memory = URL(filePath: "/dev/shm")
    let parent =
      FileManager.default.fileExists(atPath: memory.path())
      ? memory : FileManager.default.temporaryDirectory
    url = parent.appending(path: "internvl-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// Writes a file, replacing what it held.
  func write(_ name: String, _ bytes: some Collection<UInt8>) throws {
    try Data(bytes).write(to: url.appending(path: name))
  }

  package func remove() { try? FileManager.default.removeItem(at: url) }
}
