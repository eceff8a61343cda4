/// Which two neighbouring tokens become one, and in what order.
struct Merges: Sendable {
  /// What becomes of a pair.
  struct Merge {
    /// The line of the merge; a lower rank goes first.
    let rank: UInt32
    /// The token that the pair becomes.
    let token: Int32
  }

  private var merges: [UInt64: Merge] = [:]

  /// Reads `merges.txt`: after an optional `#version` line, two pieces a line, in the byte alphabet.
  init(text: Span<UInt8>, vocabulary: Vocabulary) throws(TokenizerDefect) {
    // An average line of Qwen2 has 11 bytes.
    merges.reserveCapacity(text.count / 11)
    var pair: [UInt8] = []
    var start = 0
    var line = 0
    while start < text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      line += 1
      let content = text.extracting(start..<end).droppingCarriageReturn
      start = end + 1
      if content.isEmpty || content.startsWithVersion { continue }
      let split = try Self.readPair(content, line: line, into: &pair)
      func id(_ range: Range<Int>) throws(TokenizerDefect) -> Int32 {
        let piece = pair.span.extracting(range)
        guard let id = vocabulary.id(of: piece) else {
          throw .unknownPiece(line: line, piece: String(piece))
        }
        return id
      }
      let key = Self.key(try id(0..<split), try id(split..<pair.count))
      let merge = Merge(rank: UInt32(line), token: try id(0..<pair.count))
      guard merges.updateValue(merge, forKey: key) == nil else {
        throw .duplicateMerge(line: line)
      }
    }
  }

  /// What two neighbouring tokens become, if anything.
  subscript(left: Int32, right: Int32) -> Merge? { merges[Self.key(left, right)] }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Puts the bytes of both pieces of a line into `pair` and returns where the second begins.
  private static func readPair(
    _ content: Span<UInt8>, line: Int, into pair: inout [UInt8]
  ) throws(TokenizerDefect) -> Int {
    pair.removeAll(keepingCapacity: true)
    var space = 0
    while space < content.count, content[space] != UInt8(ascii: " ") { space += 1 }
    guard space > 0, space + 1 < content.count,
      ByteAlphabet.append(content.extracting(..<space), to: &pair)
    else { throw .notAMerge(line: line) }
    let split = pair.count
    // A second space is no character of the alphabet, so it is refused here.
    guard ByteAlphabet.append(content.extracting((space + 1)...), to: &pair) else {
      throw .notAMerge(line: line)
    }
    return split
  }
}

extension Span<UInt8> {
  fileprivate var droppingCarriageReturn: Span<UInt8> {
    @_lifetime(copy self)
    get {
      guard count > 0, self[count - 1] == UInt8(ascii: "\r") else { return self }
      return extracting(..<(count - 1))
    }
  }

  fileprivate var startsWithVersion: Bool {
    let mark = "#version".utf8
    return count >= mark.count && zip(indices, mark).allSatisfy { self[$0] == $1 }
  }
}
