import Files

/// What is wrong with a JSON document, and at which byte.
package struct JSONFault: Error, Equatable {
  package enum Problem: Equatable, Sendable {
    case end
    case unexpected(byte: UInt8)
    case badNumber
    case badString
    case duplicateKey(String)
    case tooDeep(limit: Int)
    case tooManyValues(limit: Int)
    case tooLarge(limit: Int)
    case notAnObject
  }

  /// The offset from the beginning of the document.
  package let offset: Int
  package let problem: Problem

  package init(offset: Int, problem: Problem) { (self.offset, self.problem) = (offset, problem) }
}

extension JSONFault: CustomStringConvertible {
  package var description: String { "\(problem) at byte \(offset)" }
}

extension JSONFault.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .end: "it ends in the middle"
    case .unexpected(let byte): "unexpected byte 0x\(byte.hexadecimal)"
    case .badNumber: "a number that is malformed or too large"
    case .badString: "a string with an invalid character or escape"
    case .duplicateKey(let key): "the key \(key.quoted) a second time"
    case .tooDeep(let limit): "more than \(limit) levels of nesting"
    case .tooManyValues(let limit): "more than \(limit) values"
    case .tooLarge(let limit): "more than \(limit) bytes"
    case .notAnObject: "something else than an object"
    }
  }
}
