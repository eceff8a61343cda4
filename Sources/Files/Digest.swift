import CCrypto

/// A cryptographic hash of bytes that arrive in pieces, by OpenSSL's libcrypto.
package struct Digest: ~Copyable, @unchecked Sendable {
  // Sendable: only its one owner reaches the context, which nothing else points to.
  /// Which hash.
  package enum Function: Sendable {
    /// 32 bytes.
    case sha256
    /// 20 bytes; not safe against forgery, but what git names its objects by.
    case sha1
  }

  private let context: OpaquePointer
  private let byteCount: Int

  /// Begins the hash of no bytes.
  ///
  /// - Precondition: libcrypto has the function, as every build without FIPS restrictions has.
  package init(_ function: Function) {
    let type =
      switch function {
      case .sha256: EVP_sha256()
      case .sha1: EVP_sha1()
      }
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, type, nil) == 1 else {
      preconditionFailure("libcrypto has no \(function)")
    }
    self.context = context
    byteCount = Int(EVP_MD_get_size(type))
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends bytes to what is hashed.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let isHashed = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    precondition(isHashed, "libcrypto failed to hash \(bytes.count) bytes")
  }

  /// Appends a text's UTF-8 to what is hashed.
  package mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// Ends the hash: two lower-case digits a byte.
  package consuming func hexadecimal() -> String {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let isFinal = EVP_DigestFinal_ex(context, &bytes, nil) == 1
    precondition(isFinal, "libcrypto failed to end a hash")
    return bytes.hexadecimal
  }

  /// The SHA-256 of a text's UTF-8 in hexadecimal.
  package static func sha256(_ text: String) -> String {
    var digest = Digest(.sha256)
    digest.update(text)
    return digest.hexadecimal()
  }

  /// The SHA-256 of bytes in hexadecimal.
  package static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = Digest(.sha256)
    digest.update(bytes)
    return digest.hexadecimal()
  }
}
