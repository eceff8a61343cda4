/// A regular expression over characters.
indirect enum Regex: Sendable {
  case characters(CharacterSet)
  case sequence([Regex])
  case choice([Regex])
  /// `maximum` is nil where there is none.
  case repeated(Regex, minimum: Int, maximum: Int?)
  /// Matches nothing, at the beginning of the text only.
  case start
  /// Matches nothing, at the end of the text only.
  case end

  static let anyText = Regex.repeated(.characters(.all), minimum: 0, maximum: nil)

  /// What a text must be as a whole so that this is found anywhere in it.
  var foundAnywhere: Regex { .sequence([.anyText, self, .anyText]) }
}

/// Why a pattern cannot be used.
enum RegexFault: Error, Equatable {
  /// It is not a regular expression.
  case malformed
  /// It needs what no finite automaton has, or what is not built: the name of the construct.
  case unsupported(String)
}

/// Reads patterns of JSON Schema: ECMA-262 without look-around and back-references.
struct RegexParser {
  private static let maximumDepth = 64
  private static let maximumCount = 4096

  private let characters: [Unicode.Scalar]
  private var position = 0
  private var depth = 0

  private init(_ pattern: String) { characters = Array(pattern.unicodeScalars) }

  static func parse(_ pattern: String) throws(RegexFault) -> Regex {
    var parser = RegexParser(pattern)
    let regex = try parser.choice()
    guard parser.position == parser.characters.count else { throw .malformed }
    return regex
  }

  // MARK: - Characters

  private var next: Unicode.Scalar? {
    position < characters.count ? characters[position] : nil
  }

  private mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard characters[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  // MARK: - Structure

  private mutating func choice() throws(RegexFault) -> Regex {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw .unsupported("groups nested that deep") }
    var alternatives = [try sequence()]
    while take("|") { alternatives.append(try sequence()) }
    return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
  }

  private mutating func sequence() throws(RegexFault) -> Regex {
    var parts: [Regex] = []
    while let character = next, character != "|", character != ")" {
      parts.append(try repetition(of: try atom()))
    }
    return .sequence(parts)
  }

  private mutating func repetition(of atom: Regex) throws(RegexFault) -> Regex {
    var counts: (Int, Int?)?
    if take("*") {
      counts = (0, nil)
    } else if take("+") {
      counts = (1, nil)
    } else if take("?") {
      counts = (0, 1)
    } else if next == "{" {
      counts = try braces()
    }
    guard let (minimum, maximum) = counts else { return atom }
    // A lazy repetition matches the same texts.
    _ = take("?")
    if let next, "*+?".unicodeScalars.contains(next) { throw .malformed }
    switch atom {
    case .start, .end: throw .malformed
    default: return .repeated(atom, minimum: minimum, maximum: maximum)
    }
  }

  /// `{2}`, `{2,}` or `{2,5}`; a brace that begins none of them stands for itself.
  private mutating func braces() throws(RegexFault) -> (Int, Int?)? {
    let start = position
    position += 1
    guard let minimum = number() else {
      position = start
      return nil
    }
    var maximum: Int? = minimum
    if take(",") { maximum = number() }
    guard take("}") else {
      position = start
      return nil
    }
    guard maximum ?? minimum >= minimum else { throw .malformed }
    guard max(minimum, maximum ?? 0) <= Self.maximumCount else {
      throw .unsupported("repetitions above \(Self.maximumCount)")
    }
    return (minimum, maximum)
  }

  private mutating func number() -> Int? {
    let start = position
    while let next, ("0"..."9").contains(next) { position += 1 }
    guard start < position else { return nil }
    let text = String(String.UnicodeScalarView(characters[start..<position]))
    return Int(text) ?? .max
  }

  private mutating func atom() throws(RegexFault) -> Regex {
    guard let character = next else { throw .malformed }
    position += 1
    switch character {
    case "^": return .start
    case "$": return .end
    case ".": return .characters(.notLineEnd)
    case "(": return try group()
    case "[": return .characters(try characterClass())
    case "\\":
      let set = try escape(inClass: false)
      return .characters(set)
    case "*", "+", "?": throw .malformed
    case "{":
      position -= 1
      if try braces() != nil { throw .malformed }
      position += 1
      return .characters(CharacterSet("{"))
    default: return .characters(CharacterSet([character.value...character.value]))
    }
  }

  private mutating func group() throws(RegexFault) -> Regex {
    if take("?") {
      if take("=") || take("!") { throw .unsupported("look-ahead") }
      if take("<=") || take("<!") { throw .unsupported("look-behind") }
      if take("<") {
        guard let end = characters[position...].firstIndex(of: ">") else { throw .malformed }
        position = end + 1
      } else if !take(":") {
        throw .malformed
      }
    }
    let inner = try choice()
    guard take(")") else { throw .malformed }
    return inner
  }

  // MARK: - Classes and escapes

  private mutating func characterClass() throws(RegexFault) -> CharacterSet {
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    while !take("]") {
      let low = try classMember()
      if next == "-", position + 1 < characters.count, characters[position + 1] != "]" {
        position += 1
        let high = try classMember()
        guard let first = low.single, let last = high.single else {
          // `[\w-x]`: the hyphen stands for itself.
          ranges += low.ranges + high.ranges + CharacterSet("-").ranges
          continue
        }
        guard first <= last else { throw .malformed }
        ranges.append(first...last)
      } else {
        ranges += low.ranges
      }
    }
    let set = CharacterSet(ranges)
    return isInverted ? set.inverted : set
  }

  private mutating func classMember() throws(RegexFault) -> CharacterSet {
    guard let character = next else { throw .malformed }
    position += 1
    return character == "\\"
      ? try escape(inClass: true) : CharacterSet([character.value...character.value])
  }

  private mutating func escape(inClass: Bool) throws(RegexFault) -> CharacterSet {
    guard let character = next else { throw .malformed }
    position += 1
    switch character {
    case "d": return .digits
    case "D": return CharacterSet.digits.inverted
    case "w": return .word
    case "W": return CharacterSet.word.inverted
    case "s": return .space
    case "S": return CharacterSet.space.inverted
    case "t": return CharacterSet("\t")
    case "n": return CharacterSet("\n")
    case "r": return CharacterSet("\r")
    case "f": return CharacterSet("\u{C}")
    case "v": return CharacterSet("\u{B}")
    case "b" where inClass: return CharacterSet("\u{8}")
    case "b", "B": throw .unsupported("word borders")
    case "p", "P": throw .unsupported("\\p")
    case "k": throw .unsupported("back-references")
    case "1"..."9": throw .unsupported("back-references")
    case "0": return CharacterSet("\0")
    case "c":
      guard let letter = next, letter.isASCII, letter.properties.isAlphabetic else {
        throw .malformed
      }
      position += 1
      return CharacterSet([letter.value % 32...letter.value % 32])
    case "x": return try hexadecimal(digits: 2)
    case "u": return try unicodeEscape()
    default: return CharacterSet([character.value...character.value])
    }
  }

  private mutating func hexadecimal(digits: Int) throws(RegexFault) -> CharacterSet {
    let value = try hexadecimalValue(digits: digits)
    return CharacterSet([value...value])
  }

  private mutating func hexadecimalValue(digits: Int) throws(RegexFault) -> UInt32 {
    guard position + digits <= characters.count else { throw .malformed }
    let text = String(String.UnicodeScalarView(characters[position..<position + digits]))
    guard text.utf8.count == digits, let value = UInt32(text, radix: 16), text.first != "+" else {
      throw .malformed
    }
    position += digits
    return value
  }

  /// `\u0041`, two of them for a character outside the basic plane, or `\u{1F600}`.
  private mutating func unicodeEscape() throws(RegexFault) -> CharacterSet {
    if take("{") {
      guard let end = characters[position...].firstIndex(of: "}"), end - position <= 6 else {
        throw .malformed
      }
      let value = try hexadecimalValue(digits: end - position)
      position += 1
      guard value <= 0x10FFFF else { throw .malformed }
      return CharacterSet([value...value])
    }
    let unit = try hexadecimalValue(digits: 4)
    guard (0xD800...0xDBFF).contains(unit), take("\\u") else {
      return CharacterSet([unit...unit])
    }
    let low = try hexadecimalValue(digits: 4)
    guard (0xDC00...0xDFFF).contains(low) else { throw .malformed }
    let value = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    return CharacterSet([value...value])
  }
}

extension CharacterSet {
  /// The only scalar of the set.
  fileprivate var single: UInt32? {
    guard ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }
}
