/// Cuts text into the pieces inside which a byte-level tokenizer merges.
///
/// Does by hand what Qwen2's regular expression does, as Unicode's general categories and
/// `White_Space` define its classes:
///
///     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*
///     |\s*[\r\n]+|\s+(?!\S)|\s+
///
/// Source: `pre_tokenizer` of Qwen2's `tokenizer.json`. Every scalar is looked at a bounded number of
/// times.
struct PieceScanner {
  private let scalars: [Unicode.Scalar]
  private let kinds: [Kind]

  /// The classes that the expression tells apart.
  private enum Kind { case letter, number, newline, space, other }

  init(_ scalars: [Unicode.Scalar]) {
    self.scalars = scalars
    kinds = scalars.map(Self.kind)
  }

  /// Where the piece that begins at `start` ends.
  ///
  /// - Precondition: `start` is the index of a scalar.
  func pieceEnd(from start: Int) -> Int {
    if let end = contractionEnd(from: start) { return end }
    let kind = kinds[start]

    // [^\r\n\p{L}\p{N}]?\p{L}+
    let letters = kind == .space || kind == .other ? start + 1 : start
    if has(.letter, at: letters) { return runEnd(from: letters) { $0 == .letter } }

    // \p{N}
    if kind == .number { return start + 1 }

    //  ?[^\s\p{L}\p{N}]+[\r\n]*
    let marks = scalars[start] == " " ? start + 1 : start
    if has(.other, at: marks) {
      let end = runEnd(from: marks) { $0 == .other }
      return runEnd(from: end) { $0 == .newline }
    }

    // \s*[\r\n]+|\s+(?!\S)|\s+
    let end = runEnd(from: start) { $0 == .space || $0 == .newline }
    if let newline = kinds[start..<end].lastIndex(of: .newline) { return newline + 1 }
    return end == scalars.count || end == start + 1 ? end : end - 1
  }

  private func has(_ kind: Kind, at index: Int) -> Bool {
    index < kinds.count && kinds[index] == kind
  }

  private func runEnd(from start: Int, while belongs: (Kind) -> Bool) -> Int {
    var end = start
    while end < kinds.count, belongs(kinds[end]) { end += 1 }
    return end
  }

  /// Where one of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` ends.
  private func contractionEnd(from start: Int) -> Int? {
    guard scalars[start] == "'", start + 1 < scalars.count else { return nil }
    switch Self.folded(scalars[start + 1]) {
    case "s", "t", "m", "d": return start + 2
    case let first where start + 2 < scalars.count:
      switch (first, Self.folded(scalars[start + 2])) {
      case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
      default: return nil
      }
    default: return nil
    }
  }

  /// Simple case folding, as far as it leads to the letters of the contractions.
  private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "A"..."Z": Unicode.Scalar(UInt8(scalar.value) | 0x20)
    case "\u{17F}": "s"  // long s
    default: scalar
    }
  }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    switch scalar {
    case "a"..."z", "A"..."Z": return .letter
    case "0"..."9": return .number
    case "\r", "\n": return .newline
    case " ", "\t": return .space
    case "!"..."~": return .other
    default: break
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return scalar.properties.isWhitespace ? .space : .other
    }
  }
}
