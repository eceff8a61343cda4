/// Takes away the spaces in front of punctuation and English contractions.
///
/// InternLM2's tokenizer does so when it decodes. Source: `clean_up_tokenization` of transformers.
struct CleanedStream: StreamDecoder {
  private static let endings = [".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"]
  /// What is replaced; the apostrophe loses the space behind it, too.
  private static let patterns: [(written: [UInt8], clean: [UInt8])] =
    endings.map { (written: Array(" \($0)".utf8), clean: Array($0.utf8)) }
    + [(Array(" ' ".utf8), Array("'".utf8))]

  private var decoder: any StreamDecoder
  /// The end of the text, which may begin a pattern.
  private var held: [UInt8] = []

  init(_ decoder: any StreamDecoder) { self.decoder = decoder }

  mutating func append(_ id: Int32) -> String { clean(decoder.append(id), isLast: false) }

  mutating func finish() -> String { clean(decoder.finish(), isLast: true) }

  private mutating func clean(_ piece: String, isLast: Bool) -> String {
    held += piece.utf8
    var text: [UInt8] = []
    var position = 0
    scan: while position < held.count {
      guard held[position] == UInt8(ascii: " ") else {
        text.append(held[position])
        position += 1
        continue
      }
      let rest = held[position...]
      for pattern in Self.patterns where rest.starts(with: pattern.written) {
        text += pattern.clean
        position += pattern.written.count
        continue scan
      }
      if !isLast, Self.patterns.contains(where: { $0.written.starts(with: rest) }) { break }
      text.append(held[position])
      position += 1
    }
    held.removeFirst(position)
    return String(decoding: text, as: UTF8.self)
  }
}
