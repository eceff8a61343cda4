import JSON

/// What `tokenizer.json` of the tokenizers library says; the large parts are left in the file.
struct TokenizerJSON: Sendable {
  static let name = "tokenizer.json"

  /// An added token and its id.
  struct AddedEntry: Decodable {
    let id: Int
    let token: AddedToken

    private enum CodingKeys: CodingKey { case id }

    init(from decoder: any Decoder) throws {
      id = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .id)
      token = try AddedToken(from: decoder)
    }
  }

  let file: TokenizerFile
  let addedTokens: [AddedEntry]
  /// The steps of the library's pipeline, as they are written; null where there is none.
  let normalizer, preTokenizer, postProcessor, decoder: JSONValue
  /// The settings of the model, without vocabulary and merges.
  let model: [String: JSONValue]
  private let vocabulary, merges: Range<Int>

  /// Reads the file.
  init(_ file: TokenizerFile) throws(TokenizerError) {
    self = try file.parse { (json) throws(TokenizerDefect) in
      try TokenizerJSON(file, json)
    }
  }

  private init(_ file: TokenizerFile, _ json: Span<UInt8>) throws(TokenizerDefect) {
    self.file = file
    let top = try Self.members(json, 0..<json.count)
    func value(_ key: String) throws(TokenizerDefect) -> JSONValue {
      guard let range = top[key] else { return .null }
      return try Self.value(json, range)
    }
    normalizer = try value("normalizer")
    preTokenizer = try value("pre_tokenizer")
    postProcessor = try value("post_processor")
    decoder = try value("decoder")
    if let range = top["added_tokens"] {
      addedTokens = try decodeJSON(json.extracting(range))
    } else {
      addedTokens = []
    }
    guard let range = top["model"] else { throw .missingKey("model", in: "") }
    var parts = try Self.members(json, range)
    guard let vocabulary = parts.removeValue(forKey: "vocab") else {
      throw .missingKey("vocab", in: "model")
    }
    self.vocabulary = vocabulary
    merges = parts.removeValue(forKey: "merges") ?? 0..<0
    var model: [String: JSONValue] = [:]
    for (key, range) in parts { model[key] = try Self.value(json, range) }
    self.model = model
  }

  /// The kind of the model; `BPE` where the file says none and has merges.
  var modelType: String {
    if case .string(let type)? = model["type"] { return type }
    return merges.isEmpty ? "without a type" : "BPE"
  }

  /// Hands over the vocabulary as it is written.
  func withVocabulary<Value>(
    _ body: (Span<UInt8>) throws(TokenizerDefect) -> Value
  ) throws(TokenizerError) -> Value {
    try file.parse { (json) throws(TokenizerDefect) in try body(json.extracting(vocabulary)) }
  }

  /// Calls `body` with both pieces and the number of every merge, from 1.
  func forEachMerge(
    _ body: (Span<UInt8>, Span<UInt8>, Int) throws(TokenizerDefect) -> Void
  ) throws(TokenizerError) {
    guard !merges.isEmpty else { return }
    try file.parse { (json) throws(TokenizerDefect) in
      var scanner = JSONScanner(json.extracting(merges).bytes)
      try readMerges(&scanner, body)
    }
  }

  /// Reads `["a b", …]`, or since version 0.20 of the library `[["a", "b"], …]`.
  private func readMerges(
    _ scanner: inout JSONScanner,
    _ body: (Span<UInt8>, Span<UInt8>, Int) throws(TokenizerDefect) -> Void
  ) throws(TokenizerDefect) {
    var (left, right): ([UInt8], [UInt8]) = ([], [])
    var number = 0
    while try nextMerge(&scanner, isFirst: number == 0, left: &left, right: &right) {
      number += 1
      if right.isEmpty {
        guard let space = left.span.onlySpace else { throw .notAMerge(line: number) }
        try body(
          left.span.extracting(..<space), left.span.extracting((space + 1)...), number)
      } else {
        try body(left.span, right.span, number)
      }
    }
  }

  /// Reads the next merge, one that is a single string into `left` alone; false at the end.
  private func nextMerge(
    _ scanner: inout JSONScanner, isFirst: Bool, left: inout [UInt8], right: inout [UInt8]
  ) throws(TokenizerDefect) -> Bool {
    do throws(JSONFault) {
      if isFirst {
        try scanner.expect("[")
        if scanner.take("]") { return false }
      } else if !scanner.take(",") {
        try scanner.expect("]")
        return false
      }
      right.removeAll(keepingCapacity: true)
      if scanner.take("[") {
        try scanner.string(into: &left)
        try scanner.expect(",")
        try scanner.string(into: &right)
        try scanner.expect("]")
      } else {
        try scanner.string(into: &left)
      }
      return true
    } catch {
      throw .json(error)
    }
  }

  /// Where the values of an object's members stand in the file.
  private static func members(
    _ json: Span<UInt8>, _ range: Range<Int>
  ) throws(TokenizerDefect) -> [String: Range<Int>] {
    do throws(JSONFault) {
      var places: [String: Range<Int>] = [:]
      for member in try JSONScanner.members(of: json.extracting(range).bytes) {
        places[member.key] =
          member.value.lowerBound + range.lowerBound..<member.value.upperBound + range.lowerBound
      }
      return places
    } catch {
      throw .json(JSONFault(offset: error.offset + range.lowerBound, problem: error.problem))
    }
  }

  private static func value(
    _ json: Span<UInt8>, _ range: Range<Int>
  ) throws(TokenizerDefect) -> JSONValue {
    do {
      return try JSONValue(json.extracting(range).bytes)
    } catch {
      throw .json(JSONFault(offset: error.offset + range.lowerBound, problem: error.problem))
    }
  }
}
