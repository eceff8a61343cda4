package import Files

/// Why a JSON file cannot be used.
package struct JSONError: Error, Equatable {
  package enum Problem: Equatable, Sendable {
    /// It cannot be read.
    case unreadable(FileError.Reason)
    /// It is not JSON, or JSON beyond the limits.
    case malformed(JSONFault)
    /// A value is missing, of another type or out of range; `key` is its path from the top.
    case value(key: String, found: String, expected: String)
    /// An object has a key that means nothing; `known` are those that do.
    case unknownKey(String, known: [String])
  }

  /// The file's name without its folder.
  package let file: String
  package let problem: Problem

  package init(file: String, _ problem: Problem) { (self.file, self.problem) = (file, problem) }
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    switch problem {
    case .unreadable(let reason): "cannot read \(file.quoted): \(reason)"
    case .malformed(let fault): "\(file.quoted) is not the JSON it should be: \(fault)"
    case .value, .unknownKey: "\(file.printable): \(problem)"
    }
  }
}

extension JSONError.Problem: CustomStringConvertible {
  /// The sentence without the file.
  package var description: String {
    switch self {
    case .unreadable(let reason): "it cannot be read: \(reason)"
    case .malformed(let fault): "it is not the JSON it should be: \(fault)"
    case .value(let key, let found, let expected):
      "\(key.printable) is \(found.printable); expected \(expected)"
    case .unknownKey(let key, let known):
      "\(key.printable) means nothing here; known are \(known.joined(separator: ", "))"
    }
  }
}
