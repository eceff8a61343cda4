extension PairTable {
  /// Reads `merges.txt`: after an optional `#version` line, two pieces a line, in the byte alphabet.
  init(merges text: Span<UInt8>, vocabulary: Vocabulary) throws(TokenizerDefect) {
    // An average line of Qwen2 has 11 bytes.
    self.init(minimumCapacity: text.count / 11)
    var entry = MergeEntry()
    var lines = LineReader(text)
    while let (line, range) = lines.next() {
      let content = text.extracting(range)
      if content.isEmpty || content.startsWithVersion { continue }
      guard let space = content.onlySpace else { throw .notAMerge(line: line) }
      try entry.insert(
        content.extracting(..<space), content.extracting((space + 1)...), line: line,
        vocabulary: vocabulary, into: &self)
    }
  }

  /// Reads the merges of tokenizer.json.
  init(json: TokenizerJSON, vocabulary: Vocabulary) throws(TokenizerError) {
    self.init(minimumCapacity: vocabulary.count)
    var entry = MergeEntry()
    var table = self
    try json.forEachMerge { (left, right, number) throws(TokenizerDefect) in
      try entry.insert(left, right, line: number, vocabulary: vocabulary, into: &table)
    }
    self = table
  }
}

/// Looks the tokens of merges up, one merge after the other.
private struct MergeEntry {
  private var joined: [UInt8] = []
  /// Most merges make tokens in the order of their ids, so the next one is tried first.
  private var token: Int32 = -1

  mutating func insert(
    _ left: Span<UInt8>, _ right: Span<UInt8>, line: Int, vocabulary: Vocabulary,
    into table: inout PairTable
  ) throws(TokenizerDefect) {
    func id(_ piece: Span<UInt8>, guess: Int32 = -1) throws(TokenizerDefect) -> Int32 {
      guard let id = vocabulary.id(of: piece, guess: guess) else {
        throw .unknownPiece(line: line, piece: String(piece))
      }
      return id
    }
    let (first, second) = (try id(left), try id(right))
    joined.removeAll(keepingCapacity: true)
    left.withUnsafeBufferPointer { joined.append(contentsOf: $0) }
    right.withUnsafeBufferPointer { joined.append(contentsOf: $0) }
    token = try id(joined.span, guess: token + 1)
    guard table.insert(first, second, .init(rank: UInt32(line), token: token)) else {
      throw .duplicateMerge(line: line)
    }
  }
}

/// Steps through the lines of a text, which may end in `\n` or `\r\n`.
private struct LineReader: ~Escapable {
  private let text: Span<UInt8>
  private var offset = 0
  private var line = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  /// The number of the next line, from 1, and where it is; nil at the end.
  mutating func next() -> (line: Int, range: Range<Int>)? {
    guard offset < text.count else { return nil }
    let start = offset
    while offset < text.count, text[offset] != UInt8(ascii: "\n") { offset += 1 }
    let end = offset > start && text[offset - 1] == UInt8(ascii: "\r") ? offset - 1 : offset
    offset += 1
    line += 1
    return (line, start..<end)
  }
}

extension Span<UInt8> {
  /// Where the only space is, if there is text on both sides of it.
  var onlySpace: Int? {
    var space: Int?
    for index in indices where self[index] == UInt8(ascii: " ") {
      guard space == nil, index > 0, index + 1 < count else { return nil }
      space = index
    }
    return space
  }

  fileprivate var startsWithVersion: Bool {
    let mark = "#version".utf8
    return count >= mark.count && zip(indices, mark).allSatisfy { self[$0] == $1 }
  }
}
