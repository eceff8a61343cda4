import StructuredOutput
import Tokenizers

/// The masks of the shapes that were asked for last, for one model's tokens.
final class ShapeMasks {
  private static let maximumShapes = 8

  private let tokenizer: any Tokenizer
  private let count: Int
  private let stop: Int32
  /// Made with the first shape.
  private lazy var vocabulary = TokenVocabulary(
    (0..<Int32(count)).map { tokenizer.isText($0) ? tokenizer.bytes(of: $0) : [] }, stop: stop)
  /// The latest used last.
  private var caches: [(key: OutputShape.Key, masks: MaskCache)] = []

  /// Masks for the first `count` tokens, of which `stop` ends an answer.
  init(_ tokenizer: any Tokenizer, count: Int, stop: Int32) {
    self.tokenizer = tokenizer
    self.count = count
    self.stop = stop
  }

  /// What holds an answer to a shape.
  func constraint(_ shape: OutputShape) -> TokenConstraint {
    let index = caches.firstIndex { $0.key == shape.key }
    let entry =
      index.map { caches.remove(at: $0) }
      ?? (key: shape.key, masks: MaskCache(shape.grammar, vocabulary: vocabulary))
    if caches.count >= Self.maximumShapes { caches.removeFirst() }
    caches.append(entry)
    return TokenConstraint(entry.masks)
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// Makes the logits of tokens that must not be chosen −infinity.
  func restrict(to mask: TokenMask) {
    for (index, word) in mask.words.enumerated() where word != .max {
      let first = index * UInt64.bitWidth
      for bit in 0..<Swift.min(UInt64.bitWidth, count - first)
      where word >> UInt64(bit) & 1 == 0 {
        self[first + bit] = -.infinity
      }
    }
  }
}
