import Files
import Foundation
import JSON

/// The list that says which shard holds each tensor (`model.safetensors.index.json`).
struct ShardIndex {
  /// The index's own file name.
  let file: String
  /// The names of the tensors, by the file name of their shard.
  let shards: [String: [String]]

  /// Reads an index whose shards all have names that end with `suffix`, as `.safetensors`.
  ///
  /// - Throws: `CheckpointError.index` for a name that is not that of a file in the folder.
  init(contentsOf url: URL, suffix: String) throws(CheckpointError) {
    let map: JSONObject
    var names: [(tensor: String, shard: String)] = []
    do throws(JSONError) {
      map = try JSONObject(contentsOf: url).object("weight_map")
      for tensor in map.members.keys { names.append((tensor, try map.string(tensor))) }
    } catch {
      throw .json(error)
    }
    var shards: [String: [String]] = [:]
    for (tensor, shard) in names {
      guard Self.isPlain(shard), shard.hasSuffix(suffix) else {
        throw .index(file: map.file, .shardName(shard, suffix: suffix))
      }
      shards[shard, default: []].append(tensor)
    }
    guard !shards.isEmpty else { throw .index(file: map.file, .empty) }
    file = map.file
    self.shards = shards
  }

  /// Whether a name means a file in the same folder on every system.
  private static func isPlain(_ name: String) -> Bool {
    !name.hasPrefix(".") && !name.utf8.contains { "/\\:\0".utf8.contains($0) }
  }
}

/// What is wrong with a list of shards.
package enum IndexFault: Equatable, Sendable {
  /// It names no tensor.
  case empty
  /// A shard's name is not that of a file in the checkpoint's folder.
  case shardName(String, suffix: String)
  /// A shard is not in the folder.
  case missingShard(String)
  /// A tensor is not in the shard that the list names.
  case missingTensor(String, shard: String)
}

extension IndexFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty:
      "it names no tensors"
    case .shardName(let name, let suffix):
      "it names the shard \(name.quoted); expected a plain file name that ends with \(suffix)"
    case .missingShard(let name):
      "its shard \(name.quoted) is not in the folder; download the checkpoint again"
    case .missingTensor(let tensor, let shard):
      "tensor \(tensor.quoted) is not in \(shard.quoted)"
    }
  }
}
