import Checkpoint
import Files
import Foundation
import InternVL

/// The packed weights that are kept between launches.
enum PackedCache {
  /// A packed file, or one that was being written when its program was killed.
  struct File {
    let url: URL
    /// Nil where it was cut, or is from before the file's layout was this one.
    let content: PackedFile?
    let bytes: Int64

    /// The folder of the checkpoint that it was made from; where that is not known, the file itself.
    var checkpoint: String { content?.folder ?? url.resolvingSymlinksInPath().path }
    var isFinished: Bool { !url.path.hasSuffix(UnfinishedFile.suffix) }

    /// Removes it; programs that use it keep what they mapped.
    func remove() throws(CommandError) {
      do {
        try FileSystem.remove(url.path)
      } catch {
        throw .file(path: url.path, reason: "\(error.reason)")
      }
    }
  }

  private static let suffix = ".safetensors"

  /// `$XDG_CACHE_HOME/internvl/packed`, else `~/.cache/internvl/packed`.
  static func folder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
    let root =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
    return root.appending(path: "internvl/packed")
  }

  /// All files, in the order of their names.
  static func files() -> [File] {
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: folder(), includingPropertiesForKeys: [.fileSizeKey])) ?? []
    return files.sorted { $0.path < $1.path }.compactMap { url in
      let name = url.lastPathComponent
      guard name.hasSuffix(suffix) || name.hasSuffix(suffix + UnfinishedFile.suffix),
        let bytes = try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize
      else { return nil }
      return File(url: url, content: PackedFile(url), bytes: Int64(bytes))
    }
  }
}
