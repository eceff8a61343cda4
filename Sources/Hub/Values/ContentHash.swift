import Crypto
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
package struct ContentHasher {
  private enum Function {
    case sha256(SHA256)
    case gitBlob(Insecure.SHA1)
  }
  private var function: Function

  /// - Parameters:
  ///   - kind: which hash to compute; its digits do not matter.
  ///   - size: the content's length, which git's hash has in front.
  package init(like kind: ContentHash, size: Int64) {
    switch kind {
    case .sha256: function = .sha256(SHA256())
    case .gitBlob:
      var sha1 = Insecure.SHA1()
      sha1.update(data: Array("blob \(size)\0".utf8))
      function = .gitBlob(sha1)
    }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch function {
    case .sha256(var hash):
      hash.update(bufferPointer: bytes)
      function = .sha256(hash)
    case .gitBlob(var hash):
      hash.update(bufferPointer: bytes)
      function = .gitBlob(hash)
    }
  }

  package func finish() -> ContentHash {
    switch function {
    case .sha256(let hash): .sha256(hexadecimal(hash.finalize()))
    case .gitBlob(let hash): .gitBlob(hexadecimal(hash.finalize()))
    }
  }
}

/// SHA-256 of a text, as hexadecimal digits.
func sha256Hex(_ text: String) -> String {
  hexadecimal(SHA256.hash(data: Array(text.utf8)))
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.reduce(into: "") { text, byte in
    text += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
  }
}
