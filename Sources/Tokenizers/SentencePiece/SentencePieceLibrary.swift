import CSentencePiece

/// A model loaded into the SentencePiece library, freed when the last owner goes away.
///
/// A class, because tokenizers are copied and share it.
final class SentencePieceLibrary: @unchecked Sendable {
  // Sendable: the library only reads a loaded model, from any number of threads.
  private let model: OpaquePointer

  /// Loads the contents of a file that `SentencePieceModel` has accepted.
  init(file: Span<UInt8>) throws(TokenizerDefect) {
    var message = [CChar](repeating: 0, count: 256)
    let model = file.withUnsafeBufferPointer {
      csp_load($0.baseAddress, $0.count, &message, message.count)
    }
    guard let model else {
      let reason = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .sentencePiece(.refused(String(decoding: reason, as: UTF8.self)))
    }
    self.model = model
  }

  deinit { csp_free(model) }

  /// The ids of valid UTF-8 text.
  ///
  /// Nil when the library refuses it. With a model that `SentencePieceModel` has accepted, that
  /// happens only when memory runs out.
  func encode(_ text: Span<UInt8>) -> [Int32]? {
    var count = 0
    let ids = text.withUnsafeBufferPointer {
      csp_encode(model, $0.baseAddress, $0.count, &count)
    }
    defer { csp_free_ids(ids) }
    return ids.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }
}
