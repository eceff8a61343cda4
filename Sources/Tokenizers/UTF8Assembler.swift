/// Makes text from bytes that arrive in pieces of any size.
///
/// Bytes that cannot become a character turn into U+FFFD as soon as that is certain. Source of the
/// ranges: the Unicode Standard, table 3-7; of the replacement: its "maximal subpart" practice,
/// which Python's and Rust's decoders follow.
struct UTF8Assembler: Sendable {
  /// Whether each byte of a broken character becomes a U+FFFD of its own, as in SentencePiece.
  let replacesEachByte: Bool

  /// The bytes of the character that has begun.
  private var pending: [UInt8] = []
  /// How many bytes that character has.
  private var length = 0
  /// What its next byte may be.
  private var allowed: ClosedRange<UInt8> = 0x80...0xBF

  init(replacesEachByte: Bool) { self.replacesEachByte = replacesEachByte }

  /// Takes bytes and returns the text that is complete with them.
  mutating func append(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes { append(byte, to: &text) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Returns U+FFFD for a character that has begun, and begins afresh.
  mutating func finish() -> String {
    var text: [UInt8] = []
    giveUp(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func append(_ byte: UInt8, to text: inout [UInt8]) {
    if !pending.isEmpty {
      if allowed ~= byte {
        pending.append(byte)
        allowed = 0x80...0xBF
        if pending.count == length {
          text += pending
          pending.removeAll(keepingCapacity: true)
        }
        return
      }
      giveUp(to: &text)
    }
    switch byte {
    case 0x00...0x7F: text.append(byte)
    case 0xC2...0xDF: begin(byte, length: 2, next: 0x80...0xBF)
    case 0xE0: begin(byte, length: 3, next: 0xA0...0xBF)
    case 0xED: begin(byte, length: 3, next: 0x80...0x9F)
    case 0xE1...0xEF: begin(byte, length: 3, next: 0x80...0xBF)
    case 0xF0: begin(byte, length: 4, next: 0x90...0xBF)
    case 0xF1...0xF3: begin(byte, length: 4, next: 0x80...0xBF)
    case 0xF4: begin(byte, length: 4, next: 0x80...0x8F)
    default: text += "\u{FFFD}".utf8
    }
  }

  private mutating func begin(_ byte: UInt8, length: Int, next: ClosedRange<UInt8>) {
    pending.append(byte)
    self.length = length
    allowed = next
  }

  private mutating func giveUp(to text: inout [UInt8]) {
    guard !pending.isEmpty else { return }
    for _ in 0..<(replacesEachByte ? pending.count : 1) { text += "\u{FFFD}".utf8 }
    pending.removeAll(keepingCapacity: true)
  }
}
