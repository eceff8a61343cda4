import Files
import FoundationEssentials

/// What a file's bytes must hash to.
package enum ContentHash: Hashable, Sendable {
  /// SHA-256 of the content: large files on Hugging Face, every file on ModelScope.
  case sha256(String)
  /// Git's blob id, SHA-1 over `blob {length}\0` and the content: small files on Hugging Face.
  case gitBlob(String)

  /// Lower-case hexadecimal digits, 64 or 40.
  package var hex: String {
    switch self {
    case .sha256(let hex), .gitBlob(let hex): hex
    }
  }

  /// Reads an etag (weak mark and quotes removed) or a hash of a listing; nil when it is neither
  /// of the two kinds that can be checked.
  package init?(_ text: String) {
    var hex = text.hasPrefix("W/") ? text.dropFirst(2) : text[...]
    if hex.count >= 2, hex.first == "\"", hex.last == "\"" { hex = hex.dropFirst().dropLast() }
    let lowered = hex.lowercased()
    if lowered.isHex(count: 64) {
      self = .sha256(lowered)
    } else if lowered.isHex(count: 40) {
      self = .gitBlob(lowered)
    } else {
      return nil
    }
  }
}

/// Computes a `ContentHash` while the bytes arrive.
package struct ContentHasher: ~Copyable {
  private let isGitBlob: Bool
  private var digest: Digest

  /// - Parameters:
  ///   - kind: which hash to compute; its digits do not matter.
  ///   - size: the content's length, which git's hash has in front.
  package init(like kind: ContentHash, size: Int64) {
    switch kind {
    case .sha256:
      isGitBlob = false
      digest = Digest(.sha256)
    case .gitBlob:
      isGitBlob = true
      digest = Digest(.sha1)
      digest.update("blob \(size)\0")
    }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

  /// The hash; nothing may be appended after it.
  package consuming func finish() -> ContentHash {
    let hex = digest.hexadecimal()
    return isGitBlob ? .gitBlob(hex) : .sha256(hex)
  }
}
