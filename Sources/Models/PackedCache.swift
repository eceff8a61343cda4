import Checkpoint
package import Files
package import Foundation
package import InternVL

/// The packed weights that are kept between launches.
package enum PackedCache {
  /// A packed file, or one that was being written when its program was killed.
  package struct File {
    package let url: URL
    /// Nil where it was cut, or is from before the file's layout was this one.
    package let content: PackedFile?
    package let bytes: Int64

    /// The folder of the checkpoint that it was made from; where that is not known, the file itself.
    package var checkpoint: String { content?.folder ?? url.resolvingSymlinksInPath().path }
    package var isFinished: Bool { !url.path.hasSuffix(UnfinishedFile.suffix) }

    /// Removes it; programs that use it keep what they mapped.
    package func remove() throws(FileError) { try FileSystem.remove(url.path) }
  }

  private static let suffix = ".safetensors"

  /// All files in a folder, in the order of their names.
  package static func files(in folder: URL) -> [File] {
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.fileSizeKey])) ?? []
    return files.sorted { $0.path < $1.path }.compactMap { url in
      let name = url.lastPathComponent
      guard name.hasSuffix(suffix) || name.hasSuffix(suffix + UnfinishedFile.suffix),
        let bytes = try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize
      else { return nil }
      return File(url: url, content: PackedFile(url), bytes: Int64(bytes))
    }
  }
}
