import CSSL
import Files

/// The certificate and the key that all TLS connections of a server share.
final class TLSContext: @unchecked Sendable {
  // Sendable: OpenSSL locks what connections share, and nothing is set after `init`.
  private let context: OpaquePointer

  /// Reads both files, which are PEM.
  ///
  /// - Throws: `FileError` where one cannot be read; `ServerError` where it is not what it should be.
  init(_ files: ServerSettings.TLSFiles) throws {
    for path in [files.certificate, files.key] { _ = try OpenFile(reading: path) }
    guard let context = SSL_CTX_new(TLS_server_method()) else {
      preconditionFailure("OpenSSL has no memory")
    }
    self.context = context
    cssl_set_defaults(context)
    // Without this OpenSSL asks for a passphrase on the terminal.
    SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1 else {
      throw ServerError.noKey(path: files.key, reason: Self.reason)
    }
    guard SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1 else {
      throw ServerError.noCertificate(path: files.certificate, reason: Self.reason)
    }
    guard SSL_CTX_check_private_key(context) == 1 else {
      throw ServerError.otherKey(path: files.key, certificate: files.certificate)
    }
  }

  deinit { SSL_CTX_free(context) }

  /// What OpenSSL says of the first thing that went wrong.
  private static var reason: String {
    ERR_reason_error_string(ERR_peek_error()).map { String(cString: $0) } ?? "no reason given"
  }

  /// The server's side of a new connection.
  func connection() -> TLSConnection { TLSConnection(of: context) }
}

/// One side of a TLS connection, in memory.
///
/// What arrives goes in and comes out as plain text, and the other way round. Every function that calls
/// OpenSSL clears its queue of errors first, which belongs to the thread and not to the connection.
struct TLSConnection: ~Copyable {
  /// What came of reading.
  enum Outcome {
    /// So many bytes are there.
    case bytes(Int)
    /// More has to arrive first.
    case incomplete
    /// The other side said that it sends no more.
    case closed
    /// What arrived is not TLS, or not intact.
    case failed
  }

  private let ssl: OpaquePointer
  /// What arrived and was not decrypted yet.
  private let arrived: OpaquePointer
  /// What is to be sent.
  private let leaving: OpaquePointer

  fileprivate init(of context: OpaquePointer) {
    guard let ssl = SSL_new(context), let arrived = BIO_new(BIO_s_mem()),
      let leaving = BIO_new(BIO_s_mem())
    else { preconditionFailure("OpenSSL has no memory") }
    self.ssl = ssl
    self.arrived = arrived
    self.leaving = leaving
    SSL_set_bio(ssl, arrived, leaving)
    SSL_set_accept_state(ssl)
  }

  // Both memories with it.
  deinit { SSL_free(ssl) }

  /// Takes what arrived.
  func take(_ bytes: UnsafeRawBufferPointer) {
    ERR_clear_error()
    var count = 0
    BIO_write_ex(arrived, bytes.baseAddress, bytes.count, &count)
    precondition(count == bytes.count, "OpenSSL has no memory")
  }

  /// Writes decrypted bytes to `plain`, and carries the handshake on.
  func read(_ plain: UnsafeMutableRawBufferPointer) -> Outcome {
    ERR_clear_error()
    var count = 0
    let status = SSL_read_ex(ssl, plain.baseAddress, plain.count, &count)
    guard status != 1 else { return .bytes(count) }
    return switch SSL_get_error(ssl, status) {
    case SSL_ERROR_WANT_READ: .incomplete
    case SSL_ERROR_ZERO_RETURN: .closed
    default: .failed
    }
  }

  /// Encrypts bytes; false before the handshake is done, and after the end.
  func write(_ plain: UnsafeRawBufferPointer) -> Bool {
    ERR_clear_error()
    var count = 0
    return SSL_write_ex(ssl, plain.baseAddress, plain.count, &count) == 1
  }

  /// Tells the other side that nothing more is sent.
  func end() {
    ERR_clear_error()
    if SSL_is_init_finished(ssl) == 1 { SSL_shutdown(ssl) }
  }

  /// Bytes that are to be sent.
  var leavingBytes: Int { BIO_ctrl_pending(leaving) }

  /// Moves bytes that are to be sent to `buffer`; gives their number.
  func send(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    var count = 0
    BIO_read_ex(leaving, buffer.baseAddress, buffer.count, &count)
    return count
  }
}
