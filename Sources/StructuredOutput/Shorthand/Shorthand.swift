/// Reads the short form of a schema: `title, tags[], has_people:bool, count:int, kind:photo|drawing`.
///
/// A field is a name, `[]` where it is a list, and after a colon a type or the texts it may be. Every
/// field must be there, and no other may.
struct ShorthandParser {
  private static let types: [String: String] = [
    "str": "string", "string": "string", "text": "string", "int": "integer", "integer": "integer",
    "number": "number", "float": "number", "bool": "boolean", "boolean": "boolean",
  ]

  private let text: String
  private let characters: [Character]
  private var position = 0

  private init(_ text: String) {
    self.text = text
    characters = Array(text)
  }

  /// The schema that a short form stands for.
  static func schema(_ text: String) throws(SchemaError) -> OrderedJSON {
    var parser = ShorthandParser(text)
    return try parser.object()
  }

  private func fault(_ expected: String) -> SchemaError {
    .shorthand(text, offset: position, expected: expected)
  }

  private mutating func skipSpace() {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
  }

  private mutating func take(_ mark: Character) -> Bool {
    skipSpace()
    guard position < characters.count, characters[position] == mark else { return false }
    position += 1
    return true
  }

  /// A word up to a mark or white space.
  private mutating func word() -> String? {
    skipSpace()
    let start = position
    while position < characters.count, !characters[position].isWhitespace,
      !",:|[]{}\"".contains(characters[position])
    {
      position += 1
    }
    return start < position ? String(characters[start..<position]) : nil
  }

  private mutating func object() throws(SchemaError) -> OrderedJSON {
    var names: [OrderedJSON] = []
    var members: [OrderedJSON.Member] = []
    repeat {
      skipSpace()
      guard let name = word() else { throw fault("the name of a field") }
      guard !names.contains(.text(name)) else { throw fault("another name than \(name)") }
      names.append(.text(name))
      members.append(.init(key: Array(name.utf8), value: try field()))
    } while take(",")
    skipSpace()
    guard position == characters.count else { throw fault("a comma") }
    return .object([
      .init(key: Array("type".utf8), value: .text("object")),
      .init(key: Array("properties".utf8), value: .object(members)),
      .init(key: Array("required".utf8), value: .array(names)),
      .init(key: Array("additionalProperties".utf8), value: .bool(false)),
    ])
  }

  private mutating func field() throws(SchemaError) -> OrderedJSON {
    var isList = false
    if take("[") {
      guard take("]") else { throw fault("]") }
      isList = true
    }
    let value = take(":") ? try type() : Self.named("string")
    guard isList else { return value }
    return .object([
      .init(key: Array("type".utf8), value: .text("array")),
      .init(key: Array("items".utf8), value: value),
    ])
  }

  private static func named(_ type: String) -> OrderedJSON {
    .object([.init(key: Array("type".utf8), value: .text(type))])
  }

  /// A type, or several texts with bars between them.
  private mutating func type() throws(SchemaError) -> OrderedJSON {
    var words: [String] = []
    repeat {
      guard let word = word() else { throw fault("a type or a text") }
      words.append(word)
    } while take("|")
    if words.count == 1 {
      guard let type = Self.types[words[0]] else {
        throw fault(
          "one of \(Self.types.keys.sorted().joined(separator: ", ")), or texts with | between")
      }
      return Self.named(type)
    }
    return .object([.init(key: Array("enum".utf8), value: .array(words.map { .text($0) }))])
  }
}

extension Grammar {
  /// The grammar of a short form: `title, tags[], has_people:bool, count:int, kind:photo|drawing`.
  package static func shorthand(_ text: String) throws(SchemaError) -> Grammar {
    try SchemaCompiler.compile(try ShorthandParser.schema(text))
  }
}
