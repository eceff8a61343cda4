import JSON

/// Ids must be below this; the largest published vocabularies have about a quarter as many.
let tokenIDLimit = 1 << 20

/// Reads a JSON object of the form `{"token": id, …}`, entry by entry.
///
/// Building the values of all 151 643 entries of Qwen2's vocabulary takes most of a second; reading
/// them one by one does not. Ids are `0..<tokenIDLimit`; keys are handed over with their escapes
/// resolved, as bytes that need not be valid UTF-8.
///
/// - Parameters:
///   - json: the whole file.
///   - body: called with each token's bytes and id, in file order.
/// - Throws: `json` or `idOutOfRange`, and what `body` throws.
func forEachTokenID(
  in json: Span<UInt8>,
  _ body: (Span<UInt8>, Int) throws(TokenizerDefect) -> Void
) throws(TokenizerDefect) {
  var scanner = JSONScanner(json.bytes)
  var key: [UInt8] = []
  var isFirst = true
  while let id = try nextID(&scanner, key: &key, isFirst: isFirst) {
    guard let token = Int(id.text), id.isInteger, 0..<tokenIDLimit ~= token else {
      throw .idOutOfRange(token: String(key.span), id: id.text, limit: tokenIDLimit)
    }
    try body(key.span, token)
    isFirst = false
  }
}

/// Reads the next entry, its key into `key`; nil at the end of the object and the file.
private func nextID(
  _ scanner: inout JSONScanner, key: inout [UInt8], isFirst: Bool
) throws(TokenizerDefect) -> JSONScanner.Number? {
  do throws(JSONFault) {
    if isFirst {
      try scanner.expect("{")
      if scanner.take("}") {
        try scanner.expectEnd()
        return nil
      }
    } else if !scanner.take(",") {
      try scanner.expect("}")
      try scanner.expectEnd()
      return nil
    }
    try scanner.string(into: &key)
    try scanner.expect(":")
    return try scanner.number()
  } catch {
    throw .json(error)
  }
}
