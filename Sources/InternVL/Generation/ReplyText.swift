import Tokenizers

/// Turns generated tokens into the text a reader sees, piece by piece.
///
/// The pieces add up to the reference's `decode(skip_special_tokens=True).strip()`: white space at
/// the start is dropped, white space at the end is held back until something follows it.
struct ReplyText {
  private var stream: TextStream
  private var held = ""
  /// Everything shown so far.
  private(set) var text = ""

  init(_ tokenizer: any Tokenizer) {
    stream = tokenizer.makeStream(skippingSpecial: true)
  }

  /// Takes a token; returns the text that may be shown now.
  mutating func append(_ token: Int32) -> String { release(stream.append(token)) }

  /// Returns what is left when no token follows.
  mutating func finish() -> String { release(stream.finish()) }

  private mutating func release(_ piece: String) -> String {
    held += piece
    if text.isEmpty { held = String(held.drop(while: \.isWhitespace)) }
    guard let last = held.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    let shown = String(held[...last])
    held = String(held[held.index(after: last)...])
    text += shown
    return shown
  }
}
