package import Foundation

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
  /// - Throws: `CheckpointError.unreadable`, or `.json` where the file is not JSON, or larger or
  ///   deeper than a file of this kind can be.
  package init(contentsOf url: URL) throws(CheckpointError) {
    let file = try MappedFile(url)
    guard file.count <= Self.maximumBytes else {
      throw .json(
        file: file.name,
        JSONFault(offset: Self.maximumBytes, problem: .tooLarge(limit: Self.maximumBytes)))
    }
    try self.init(file.bytes, file: file.name)
  }

  /// Reads an object from `bytes`; `file` is a name for messages.
  package init(_ bytes: RawSpan, file: String) throws(CheckpointError) {
    do {
      self.init(file: file, path: "", members: try JSONParser.parseObject(bytes))
    } catch {
      throw .json(file: file, error)
    }
  }

  private init(file: String, path: String, members: [String: JSONValue]) {
    self.file = file
    self.path = path
    self.members = members
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
  ) throws(CheckpointError) -> Int? {
    guard let value = self[key] else { return nil }
    guard let integer = value.exactInteger, range.contains(integer) else {
      throw invalid(key, expected: Self.name(range))
    }
    return integer
  }

  package func optionalNumber(
    _ key: String, in range: ClosedRange<Double>
  ) throws(CheckpointError) -> Double? {
    switch self[key] {
    case nil: return nil
    case .integer(let value)? where range.contains(Double(value)): return Double(value)
    case .number(let value)? where range.contains(value): return value
    default: throw invalid(key, expected: "\(range.lowerBound)…\(range.upperBound)")
    }
  }

  package func optionalBool(_ key: String) throws(CheckpointError) -> Bool? {
    switch self[key] {
    case nil: return nil
    case .bool(let value)?: return value
    default: throw invalid(key, expected: "true or false")
    }
  }

  package func optionalString(_ key: String) throws(CheckpointError) -> String? {
    switch self[key] {
    case nil: return nil
    case .string(let value)?: return value
    default: throw invalid(key, expected: "a string")
    }
  }

  package func optionalObject(_ key: String) throws(CheckpointError) -> JSONObject? {
    switch self[key] {
    case nil: return nil
    case .object(let members)?: return JSONObject(file: file, path: keyPath(key), members: members)
    default: throw invalid(key, expected: "an object")
    }
  }

  package func optionalStrings(_ key: String) throws(CheckpointError) -> [String]? {
    guard let value = self[key] else { return nil }
    guard case .array(let elements) = value else {
      throw invalid(key, expected: "a list of strings")
    }
    var strings: [String] = []
    for element in elements {
      guard case .string(let string) = element else {
        throw invalid(key, expected: "a list of strings")
      }
      strings.append(string)
    }
    return strings
  }
}

// MARK: Values that must be there, or have a default

extension JSONObject {
  package func integer(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(CheckpointError) -> Int {
    guard let value = try optionalInteger(key, in: range) ?? fallback else {
      throw invalid(key, expected: Self.name(range))
    }
    return value
  }

  package func number(
    _ key: String, in range: ClosedRange<Double>, default fallback: Double? = nil
  ) throws(CheckpointError) -> Double {
    guard let value = try optionalNumber(key, in: range) ?? fallback else {
      throw invalid(key, expected: "\(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  package func bool(_ key: String, default fallback: Bool? = nil) throws(CheckpointError) -> Bool {
    guard let value = try optionalBool(key) ?? fallback else {
      throw invalid(key, expected: "true or false")
    }
    return value
  }

  package func string(
    _ key: String, default fallback: String? = nil
  ) throws(CheckpointError) -> String {
    guard let value = try optionalString(key) ?? fallback else {
      throw invalid(key, expected: "a string")
    }
    return value
  }

  package func object(_ key: String) throws(CheckpointError) -> JSONObject {
    guard let value = try optionalObject(key) else { throw invalid(key, expected: "an object") }
    return value
  }
}

// MARK: Complaints

extension JSONObject {
  /// The error for a value that cannot be used; `expected` says what could be.
  package func invalid(_ key: String, expected: String) -> CheckpointError {
    .value(
      file: file, key: keyPath(key), found: members[key]?.summary ?? "missing",
      expected: expected)
  }

  private func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private static func name(_ range: ClosedRange<Int>) -> String {
    range.lowerBound == range.upperBound
      ? "\(range.lowerBound)" : "\(range.lowerBound)…\(range.upperBound)"
  }
}

extension JSONValue {
  /// The value where it is a whole number that `Int` can hold.
  var exactInteger: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }
}
