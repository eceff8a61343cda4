import Tokenizers

/// Turns generated tokens into the text a reader sees, piece by piece.
///
/// The pieces add up to the reference's `decode(skip_special_tokens=True).strip()`, cut before the
/// first stop text: white space at the start is dropped, white space at the end is held back until
/// something follows it.
struct ReplyText {
  private var stream: TextStream
  private var stopTexts: StopTexts
  private var held = String.UnicodeScalarView()
  /// Everything shown so far.
  private(set) var text = ""

  init(_ tokenizer: any Tokenizer, stop: [String]) {
    stream = tokenizer.makeStream(skippingSpecial: true)
    stopTexts = StopTexts(stop)
  }

  /// Whether a stop text has come; no text follows.
  var isStopped: Bool { stopTexts.isFound }

  /// Takes a token; returns the text that may be shown now.
  mutating func append(_ token: Int32) -> String {
    release(stopTexts.append(stream.append(token)))
  }

  /// Returns what is left when no token follows.
  mutating func finish() -> String {
    release(stopTexts.append(stream.finish()) + stopTexts.finish())
  }

  private mutating func release(_ piece: String) -> String {
    held.append(contentsOf: piece.unicodeScalars)
    if text.isEmpty, let first = held.firstIndex(where: { !$0.isPythonSpace }) {
      held.removeSubrange(..<first)
    }
    guard let last = held.lastIndex(where: { !$0.isPythonSpace }) else { return "" }
    let shown = String(held[...last])
    held.removeSubrange(...last)
    text += shown
    return shown
  }
}

extension Unicode.Scalar {
  /// Whether Python's `str.strip` takes it for white space.
  ///
  /// Source: CPython, Objects/unicodetype_db.h: Unicode's White_Space and the four separators of
  /// ASCII.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}
