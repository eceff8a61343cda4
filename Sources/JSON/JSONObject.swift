import Files
package import FoundationEssentials

/// Checked access to an object of a JSON file.
///
/// Each getter names the key, what it must be, and what holds where the key is absent. A key
/// whose value is null counts as absent. Errors name the file and the path of the key:
/// `config.json: llm_config.hidden_size is 0; expected 1…65536`.
package struct JSONObject: Sendable {
  /// The largest file that is read; a real config.json has 6 kB, a large index 300 kB.
  static let maximumBytes = 16 << 20

  /// The file's name, for messages.
  package let file: String
  /// The keys that lead here from the top of the file, joined by dots; empty at the top.
  package let path: String
  /// The values by key.
  package let members: [String: JSONValue]

  /// Reads a file whose top level is an object.
  ///
  /// - Throws: where it is unreadable, not JSON, or larger or deeper than a file of this kind can be.
  package init(contentsOf url: URL) throws(JSONError) {
    let file = url.lastPathComponent
    let mapped: MappedFile
    do {
      mapped = try MappedFile(url)
    } catch {
      throw JSONError(file: file, .unreadable(error.reason))
    }
    guard mapped.count <= Self.maximumBytes else {
      throw JSONError(
        file: file,
        .malformed(
          JSONFault(offset: Self.maximumBytes, problem: .tooLarge(limit: Self.maximumBytes))))
    }
    try self.init(mapped.bytes, file: file)
  }

  /// Reads an object from `bytes`; `file` is a name for messages.
  package init(_ bytes: RawSpan, file: String) throws(JSONError) {
    do {
      self.init(file: file, path: "", members: try Self.members(bytes))
    } catch {
      throw JSONError(file: file, .malformed(error))
    }
  }

  /// The members of the object that the whole of `bytes` stands for.
  package static func members(_ bytes: RawSpan) throws(JSONFault) -> [String: JSONValue] {
    guard case .object(let members) = try JSONParser.parse(bytes) else {
      throw JSONFault(offset: 0, problem: .notAnObject)
    }
    return members
  }

  /// A value that must be an object.
  package init(_ value: JSONValue, file: String, path: String) throws(JSONError) {
    guard case .object(let members) = value else {
      throw JSONError(
        file: file, .value(key: path, found: value.summary, expected: "an object"))
    }
    self.init(file: file, path: path, members: members)
  }

  private init(file: String, path: String, members: [String: JSONValue]) {
    self.file = file
    self.path = path
    self.members = members
  }

  /// Refuses keys that are not among `known`: a misspelt one must not be silently without effect.
  package func refuseUnknownKeys(
    _ known: [String], besides ignored: Set<String> = []
  ) throws(JSONError) {
    guard
      let unknown = members.keys.filter({ !known.contains($0) && !ignored.contains($0) }).min()
    else { return }
    throw JSONError(file: file, .unknownKey(keyPath(unknown), known: known))
  }
}

// MARK: Values that may be absent

extension JSONObject {
  /// The value of `key`, or nil where it is absent or null.
  package subscript(_ key: String) -> JSONValue? {
    members[key].flatMap { $0 == .null ? nil : $0 }
  }

  /// An integer, also one written as `1.0`.
  package func optionalInteger(
    _ key: String, in range: ClosedRange<Int>
  ) throws(JSONError) -> Int? {
    guard let value = self[key] else { return nil }
    guard let integer = value.exactInteger, range.contains(integer) else {
      throw invalid(key, expected: Self.name(range))
    }
    return integer
  }

  package func optionalNumber(
    _ key: String, in range: ClosedRange<Double>
  ) throws(JSONError) -> Double? {
    switch self[key] {
    case nil: return nil
    case .integer(let value)? where range.contains(Double(value)): return Double(value)
    case .number(let value)? where range.contains(value): return value
    default: throw invalid(key, expected: "\(range.lowerBound)…\(range.upperBound)")
    }
  }

  package func optionalBool(_ key: String) throws(JSONError) -> Bool? {
    switch self[key] {
    case nil: return nil
    case .bool(let value)?: return value
    default: throw invalid(key, expected: "true or false")
    }
  }

  package func optionalString(_ key: String) throws(JSONError) -> String? {
    switch self[key] {
    case nil: return nil
    case .string(let value)?: return value
    default: throw invalid(key, expected: "a string")
    }
  }

  package func optionalObject(_ key: String) throws(JSONError) -> JSONObject? {
    guard let value = self[key] else { return nil }
    return try JSONObject(value, file: file, path: keyPath(key))
  }

  package func optionalArray(
    _ key: String, expected: String = "a list"
  ) throws(JSONError) -> [JSONValue]? {
    switch self[key] {
    case nil: return nil
    case .array(let elements)?: return elements
    default: throw invalid(key, expected: expected)
    }
  }

  package func optionalStrings(_ key: String) throws(JSONError) -> [String]? {
    let expected = "a list of strings"
    guard let elements = try optionalArray(key, expected: expected) else { return nil }
    var strings: [String] = []
    for element in elements {
      guard case .string(let string) = element else { throw invalid(key, expected: expected) }
      strings.append(string)
    }
    return strings
  }

  /// The objects of a list, each with its place in its path: `specs[2]`.
  package func optionalObjects(_ key: String) throws(JSONError) -> [JSONObject]? {
    guard let elements = try optionalArray(key, expected: "a list of objects") else { return nil }
    return try JSONObject.list(elements, file: file, path: keyPath(key))
  }

  /// The elements of a list, which must be objects.
  package static func list(
    _ elements: [JSONValue], file: String, path: String
  ) throws(JSONError) -> [JSONObject] {
    var objects: [JSONObject] = []
    for (index, element) in elements.enumerated() {
      objects.append(try JSONObject(element, file: file, path: "\(path)[\(index)]"))
    }
    return objects
  }
}

// MARK: Values that must be there, or have a default

extension JSONObject {
  package func integer(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(JSONError) -> Int {
    guard let value = try optionalInteger(key, in: range) ?? fallback else {
      throw invalid(key, expected: Self.name(range))
    }
    return value
  }

  package func number(
    _ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil
  ) throws(JSONError) -> Double {
    guard let value = try optionalNumber(key, in: range) ?? fallback else {
      throw invalid(key, expected: "\(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  package func bool(_ key: String, default fallback: Bool? = nil) throws(JSONError) -> Bool {
    guard let value = try optionalBool(key) ?? fallback else {
      throw invalid(key, expected: "true or false")
    }
    return value
  }

  package func string(
    _ key: String, default fallback: String? = nil
  ) throws(JSONError) -> String {
    guard let value = try optionalString(key) ?? fallback else {
      throw invalid(key, expected: "a string")
    }
    return value
  }

  package func strings(_ key: String) throws(JSONError) -> [String] {
    guard let value = try optionalStrings(key) else {
      throw invalid(key, expected: "a list of strings")
    }
    return value
  }

  package func object(_ key: String) throws(JSONError) -> JSONObject {
    guard let value = try optionalObject(key) else { throw invalid(key, expected: "an object") }
    return value
  }

  package func objects(_ key: String) throws(JSONError) -> [JSONObject] {
    guard let value = try optionalObjects(key) else {
      throw invalid(key, expected: "a list of objects")
    }
    return value
  }
}

// MARK: Complaints

extension JSONObject {
  /// The error for a value that cannot be used; `expected` says what could be.
  package func invalid(_ key: String, expected: String) -> JSONError {
    JSONError(
      file: file,
      .value(key: keyPath(key), found: members[key]?.summary ?? "missing", expected: expected))
  }

  /// The path of a key from the top of the file.
  package func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private static func name(_ range: ClosedRange<Int>) -> String {
    range.lowerBound == range.upperBound
      ? "\(range.lowerBound)" : "\(range.lowerBound)…\(range.upperBound)"
  }
}
