import Files

/// A schema with its subschemas, each known by a number and by its place in the document.
struct SchemaDocument {
  private struct Entry {
    let value: OrderedJSON
    /// The place, as a JSON pointer.
    let pointer: [UInt8]
  }

  private static let maximumEntries = 1 << 15

  private let root: OrderedJSON
  private var entries: [Entry] = []
  private var numbers: [[UInt8]: Int] = [:]
  /// The schemas with names of their own, and their places; the first of equal names counts.
  private lazy var anchors = Self.anchors(in: root)

  init(_ root: OrderedJSON) {
    self.root = root
    entries = [Entry(value: root, pointer: [])]
    numbers = [[]: 0]
  }

  /// The schema with this number; 0 is the whole document.
  subscript(_ number: Int) -> OrderedJSON { entries[number].value }

  /// Where a schema is, for messages.
  func place(_ number: Int) -> String {
    "#" + String(decoding: entries[number].pointer, as: UTF8.self)
  }

  /// The number of a subschema that is reached by these keys from another one.
  mutating func child(
    of number: Int, _ keys: [[UInt8]], _ value: OrderedJSON
  ) throws(SchemaError) -> Int {
    try add(value, pointer: entries[number].pointer + keys.flatMap { [0x2F] + Self.escaped($0) })
  }

  private mutating func add(
    _ value: OrderedJSON, pointer: [UInt8]
  ) throws(SchemaError) -> Int {
    if let known = numbers[pointer] { return known }
    guard entries.count < Self.maximumEntries else {
      throw .tooLarge(.subschemas, limit: Self.maximumEntries)
    }
    numbers[pointer] = entries.count
    entries.append(Entry(value: value, pointer: pointer))
    return entries.count - 1
  }

  /// The number of the schema that a reference in another one leads to.
  ///
  /// - Throws: where there is none in this document.
  mutating func target(of reference: [UInt8], from number: Int) throws(SchemaError) -> Int {
    let text = String(decoding: reference, as: UTF8.self)
    let error = SchemaError.unresolved(reference: text, at: place(number))
    var fragment = reference[...]
    let base = resource(around: number)
    if let mark = reference.firstIndex(of: UInt8(ascii: "#")) {
      // A reference may name its own document.
      guard mark == 0 || Self.names(root, reference[..<mark]) else { throw error }
      fragment = reference[(mark + 1)...]
    } else {
      guard Self.names(root, fragment) else { throw error }
      fragment = []
    }
    let decoded = fragment.percentDecoded
    if decoded.isEmpty || decoded.first == UInt8(ascii: "/") {
      let start = reference.first == UInt8(ascii: "#") ? base : []
      guard let (value, pointer) = follow(start + decoded) else { throw error }
      return try add(value, pointer: pointer)
    }
    guard let (value, pointer) = anchors[decoded] else { throw error }
    return try add(value, pointer: pointer)
  }

  // MARK: - Pointers

  /// The place of the innermost schema with an identifier of its own around another one.
  private func resource(around number: Int) -> [UInt8] {
    var found: [UInt8] = []
    var pointer: [UInt8] = []
    var value = root
    for token in entries[number].pointer.split(separator: 0x2F, omittingEmptySubsequences: false)
      .dropFirst()
    {
      guard let next = Self.member(Array(token), of: value) else { return found }
      value = next
      pointer += [0x2F] + token
      if let id = Self.identifier(value), id.first != UInt8(ascii: "#") { found = pointer }
    }
    return found
  }

  private func follow(_ pointer: [UInt8]) -> (OrderedJSON, [UInt8])? {
    var value = root
    var canonical: [UInt8] = []
    let tokens = pointer.split(separator: 0x2F, omittingEmptySubsequences: false).dropFirst()
    for token in tokens {
      guard let next = Self.member(Array(token), of: value) else { return nil }
      value = next
      canonical += [0x2F] + token
    }
    return (value, canonical)
  }

  private static func member(_ token: [UInt8], of value: OrderedJSON) -> OrderedJSON? {
    let key = unescaped(token)
    switch value {
    case .object(let members): return members.first { $0.key == key }?.value
    case .array(let elements):
      guard let index = Int(String(decoding: key, as: UTF8.self)) else { return nil }
      return elements.indices.contains(index) ? elements[index] : nil
    default: return nil
    }
  }

  private static func identifier(_ value: OrderedJSON) -> [UInt8]? {
    for key in ["$id", "id"] {
      if case .string(let text)? = value[key], !text.isEmpty { return text }
    }
    return nil
  }

  /// Whether the text is the identifier of the whole document, or empty.
  private static func names(_ root: OrderedJSON, _ text: ArraySlice<UInt8>) -> Bool {
    guard let id = identifier(root) else { return text.isEmpty }
    return text.isEmpty || text.elementsEqual(id.prefix { $0 != UInt8(ascii: "#") })
  }

  private static func anchors(
    in root: OrderedJSON
  ) -> [[UInt8]: (value: OrderedJSON, pointer: [UInt8])] {
    var anchors: [[UInt8]: (value: OrderedJSON, pointer: [UInt8])] = [:]
    func visit(_ value: OrderedJSON, at pointer: [UInt8]) {
      switch value {
      case .object(let members):
        var names: [[UInt8]] = []
        if case .string(let name)? = value["$anchor"] { names.append(name) }
        if let id = identifier(value), id.first == UInt8(ascii: "#") {
          names.append(Array(id.dropFirst()))
        }
        for name in names where anchors[name] == nil { anchors[name] = (value, pointer) }
        for member in members
        where !member.key.elementsEqual("enum".utf8) && !member.key.elementsEqual("const".utf8) {
          visit(member.value, at: pointer + [0x2F] + escaped(member.key))
        }
      case .array(let elements):
        for (index, element) in elements.enumerated() {
          visit(element, at: pointer + Array("/\(index)".utf8))
        }
      default: break
      }
    }
    visit(root, at: [])
    return anchors
  }

  private static func escaped(_ key: [UInt8]) -> [UInt8] {
    key.flatMap { (byte: UInt8) -> [UInt8] in
      switch byte {
      case UInt8(ascii: "~"): Array("~0".utf8)
      case UInt8(ascii: "/"): Array("~1".utf8)
      default: [byte]
      }
    }
  }

  private static func unescaped(_ token: [UInt8]) -> [UInt8] {
    var key: [UInt8] = []
    var index = 0
    while index < token.count {
      if token[index] == UInt8(ascii: "~"), index + 1 < token.count {
        key.append(token[index + 1] == UInt8(ascii: "1") ? 0x2F : UInt8(ascii: "~"))
        index += 2
      } else {
        key.append(token[index])
        index += 1
      }
    }
    return key
  }
}
