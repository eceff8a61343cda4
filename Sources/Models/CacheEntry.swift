import Foundation
package import Hub

/// What the caches hold of one checkpoint: a downloaded repository with the weights packed from it,
/// or only the weights that were packed from a folder of the user's own.
package struct CacheEntry {
  package let repository: CacheInventory.Repository?
  /// The repository's folder, or the checkpoint's.
  package let folder: String
  package let packed: [PackedCache.File]

  /// The repository's name, or the folder.
  package var name: String { repository?.id.description ?? folder }
  /// Bytes that were downloaded.
  package var downloadedBytes: Int64 { repository?.sizeBytes ?? 0 }
  package var packedBytes: Int64 { packed.reduce(0) { $0 + $1.bytes } }
  /// Bytes that interrupted downloads and interrupted packing left, part of the others.
  package var unfinishedBytes: Int64 {
    packed.reduce(repository?.partialBytes ?? 0) { $0 + ($1.isFinished ? 0 : $1.bytes) }
  }

  /// Gives every packed file to the repository that it was made from, and the others to their folders.
  package static func all(
    _ repositories: [CacheInventory.Repository], packed: [PackedCache.File]
  ) -> [CacheEntry] {
    var rest = packed
    let downloaded = repositories.map { repository in
      let inside = URL(filePath: repository.folder).resolvingSymlinksInPath().path + "/"
      let own = rest.filter { "\($0.checkpoint)/".hasPrefix(inside) }
      rest.removeAll { "\($0.checkpoint)/".hasPrefix(inside) }
      return CacheEntry(repository: repository, folder: repository.folder, packed: own)
    }
    let folders = Dictionary(grouping: rest, by: \.checkpoint).sorted { $0.key < $1.key }
    return downloaded
      + folders.map { CacheEntry(repository: nil, folder: $0.key, packed: $0.value) }
  }
}
