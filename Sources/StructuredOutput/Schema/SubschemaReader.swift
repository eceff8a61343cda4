import Files

/// Reads one schema's keywords.
struct SubschemaReader {
  private(set) var document: SchemaDocument
  private var known: [Int: Subschema] = [:]

  init(_ root: OrderedJSON) { document = SchemaDocument(root) }

  /// The schema with a number.
  ///
  /// - Throws: the keyword that is wrong or not built.
  mutating func read(_ number: Int) throws(SchemaError) -> Subschema {
    if let schema = known[number] { return schema }
    var schema = Subschema()
    switch document[number] {
    case .bool(true): break
    case .bool(false): schema = .never
    case .object(let members):
      for member in members {
        try read(Keyword(member, of: number, in: document), into: &schema)
      }
      try readBounds(number, into: &schema)
    default:
      throw .invalid(
        keyword: "schema", at: document.place(number), found: document[number].summary,
        expected: "an object, true or false")
    }
    known[number] = schema
    return schema
  }

  private mutating func read(
    _ keyword: Keyword, into schema: inout Subschema
  ) throws(SchemaError) {
    schema.isStructural = schema.isStructural || Keywords.structural.contains(keyword.name)
    switch keyword.name {
    case "type": schema.types = try keyword.types()
    case "enum": schema.restrict(to: try keyword.elements())
    case "const": schema.restrict(to: [keyword.value])
    case "$ref":
      schema.reference = try document.target(of: try keyword.text(), from: keyword.schema)
    case "allOf": schema.allOf = try children(keyword)
    case "anyOf": schema.anyOf = try children(keyword)
    case "oneOf": schema.oneOf = try children(keyword)
    case "minLength": schema.minLength = try keyword.size()
    case "maxLength": schema.maxLength = try keyword.limit()
    case "pattern": schema.patterns.append(try keyword.string())
    case "format":
      let name = try keyword.string()
      guard let pattern = Formats.pattern(name) else {
        throw keyword.unsupported("the format \(name.quoted)")
      }
      schema.patterns.append(pattern)
    case "uniqueItems":
      guard keyword.value == .bool(false) else { throw keyword.unsupported(nil) }
    case "minItems": schema.minItems = try keyword.size()
    case "maxItems": schema.maxItems = try keyword.limit()
    case "minProperties": schema.minProperties = try keyword.size()
    case "maxProperties": schema.maxProperties = try keyword.limit()
    case "multipleOf": schema.number.divisor = try keyword.divisor()
    case "items", "prefixItems", "additionalItems": try readItems(keyword, into: &schema)
    case "properties", "patternProperties", "additionalProperties", "required":
      try readMembers(keyword, into: &schema)
    case let name where Keywords.refused.contains(name): throw keyword.unsupported(nil)
    default: break
    }
  }

  private mutating func children(_ keyword: Keyword) throws(SchemaError) -> [Int] {
    var numbers: [Int] = []
    for (index, element) in try keyword.elements().enumerated() {
      let keys = [Array(keyword.name.utf8), Array("\(index)".utf8)]
      numbers.append(try document.child(of: keyword.schema, keys, element))
    }
    return numbers
  }

  private mutating func child(_ keyword: Keyword) throws(SchemaError) -> Int {
    try document.child(of: keyword.schema, [Array(keyword.name.utf8)], keyword.value)
  }

  private mutating func readItems(
    _ keyword: Keyword, into schema: inout Subschema
  ) throws(SchemaError) {
    switch (keyword.name, keyword.value) {
    case ("prefixItems", _), ("items", .array): schema.prefix = try children(keyword)
    case ("items", _): schema.rest = try child(keyword)
    default:
      // It counts where `items` is a list only.
      if case .array? = document[keyword.schema]["items"] { schema.rest = try child(keyword) }
    }
  }

  private mutating func readMembers(
    _ keyword: Keyword, into schema: inout Subschema
  ) throws(SchemaError) {
    switch keyword.name {
    case "required":
      for element in try keyword.elements() {
        guard case .string(let name) = element else { throw keyword.invalid("a list of strings") }
        schema.required.append(name)
      }
    case "additionalProperties": schema.additional = try child(keyword)
    default:
      guard case .object(let members) = keyword.value else { throw keyword.invalid("an object") }
      for member in members {
        let keys = [Array(keyword.name.utf8), member.key]
        let number = try document.child(of: keyword.schema, keys, member.value)
        if keyword.name == "properties" {
          schema.names.append(member.key)
          schema.named[member.key] = number
        } else {
          let pattern = String(decoding: member.key, as: UTF8.self)
          schema.patternProperties.append((pattern, number))
        }
      }
    }
  }

  /// Number ranges; in draft 4 `exclusiveMinimum` says what kind of bound `minimum` is.
  private func readBounds(_ number: Int, into schema: inout Subschema) throws(SchemaError) {
    let value = document[number]
    for (isLower, plain, exclusive) in [
      (true, "minimum", "exclusiveMinimum"), (false, "maximum", "exclusiveMaximum"),
    ] {
      for key in [plain, exclusive] {
        guard let bound = value[key] else { continue }
        if key == exclusive, case .bool = bound { continue }
        guard case .number(let limit) = bound else {
          throw .invalid(
            keyword: key, at: document.place(number), found: bound.summary, expected: "a number")
        }
        let isExclusive = key == exclusive || value[exclusive] == .bool(true)
        let rule = NumberRule.Bound(value: limit.value, isExclusive: isExclusive)
        if isLower { schema.number.raise(rule) } else { schema.number.reduce(rule) }
      }
    }
  }
}

/// A keyword of a schema, with its value.
private struct Keyword {
  let name: String
  let value: OrderedJSON
  let schema: Int
  private let place: String

  init(_ member: OrderedJSON.Member, of schema: Int, in document: SchemaDocument) {
    name = String(decoding: member.key, as: UTF8.self)
    value = member.value
    self.schema = schema
    place = document.place(schema)
  }

  func invalid(_ expected: String) -> SchemaError {
    .invalid(keyword: name, at: place, found: value.summary, expected: expected)
  }

  func unsupported(_ detail: String?) -> SchemaError {
    .unsupported(keyword: name, at: place, detail: detail)
  }

  func elements() throws(SchemaError) -> [OrderedJSON] {
    guard case .array(let elements) = value else { throw invalid("a list") }
    return elements
  }

  func text() throws(SchemaError) -> [UInt8] {
    guard case .string(let text) = value else { throw invalid("a string") }
    return text
  }

  func string() throws(SchemaError) -> String { String(decoding: try text(), as: UTF8.self) }

  func types() throws(SchemaError) -> ValueTypes {
    var names = [value]
    if case .array(let elements) = value { names = elements }
    var types: ValueTypes = []
    for name in names {
      guard case .string(let text) = name,
        let type = ValueTypes.names[String(decoding: text, as: UTF8.self)]
      else {
        throw invalid("one or several of \(ValueTypes.names.keys.sorted().joined(separator: ", "))")
      }
      types.formUnion(type)
    }
    return types
  }

  /// A size, cut to what counts.
  func size() throws(SchemaError) -> Int {
    guard case .number(let number) = value, number.value.isInteger, !number.value.isNegative else {
      throw invalid("a whole number from 0")
    }
    return min(number.value.integer ?? .max, Subschema.maximumSize)
  }

  /// A largest size; nil where it is as good as none.
  func limit() throws(SchemaError) -> Int? {
    let size = try size()
    return size < Subschema.maximumSize ? size : nil
  }

  /// A divisor; `nil` never.
  func divisor() throws(SchemaError) -> Int {
    guard case .number(let number) = value, !number.value.isNegative, !number.value.isZero else {
      throw invalid("a number above 0")
    }
    guard let divisor = number.value.integer else {
      throw unsupported("only whole numbers are exact")
    }
    guard divisor <= NumberRule.maximumDivisor else {
      throw .tooLarge(.divisor, limit: NumberRule.maximumDivisor)
    }
    return divisor
  }
}

extension Subschema {
  /// Allows those values only, of those that are allowed.
  fileprivate mutating func restrict(to allowed: [OrderedJSON]) {
    let sorted = allowed.map(\.sorted)
    let set = Set(sorted)
    values = values.map { $0.filter(set.contains) } ?? sorted
  }
}
