import Files
import JSON

/// What is wrong with a conversation in JSON.
package enum ConversationFault: Error, Sendable, Equatable {
  /// Where a picture is named.
  package enum Place: Sendable, Equatable {
    /// A message, counted from 1.
    case message(Int)
    /// The list `images`.
    case images
  }

  /// The text is not JSON.
  case notJSON
  /// The value at `path` is missing, or another than it may be.
  case wrongValue(path: String, found: String, expected: String)
  /// The key at `path` means nothing there; `expected` are those that do.
  case unknownKey(path: String, expected: [String])
  /// The last message is not the user's.
  case lastMessageNotUser
  /// A system message that is not the first message.
  case systemMessageNotFirst
  /// A message, counted from 1, has a role that is none.
  case unknownRole(String, message: Int)
  /// A message, counted from 1, has a part of a type that is neither text nor image_url.
  case unknownPart(type: String, message: Int)
  /// A message, counted from 1, has a part that lacks what its type promises.
  case emptyPart(type: String, message: Int)
  /// There are pictures both in `images` and in the messages' parts.
  case picturesTwice
  /// A picture's address is malformed.
  case badAddress(Place, AddressFault)
}

extension ConversationFault.Place: CustomStringConvertible {
  /// "message 1" or "images".
  package var description: String {
    switch self {
    case .message(let number): "message \(number)"
    case .images: "images"
    }
  }
}

extension ConversationFault: CustomStringConvertible {
  /// The end of a sentence that says which conversation is not valid.
  package var description: String {
    switch self {
    case .notJSON: "it is not JSON"
    case .wrongValue(let path, let found, let expected):
      "\(path.isEmpty ? "it" : path) is \(found); expected \(expected)"
    case .unknownKey(let path, let expected):
      "\(path): there is no such key; expected \(expected.joined(separator: " and "))"
    case .lastMessageNotUser: "its last message must have the role 'user'"
    case .systemMessageNotFirst: "only the first message may have the role 'system'"
    case .unknownRole(let role, let message):
      "message \(message) has the role '\(role)'; expected system, user or assistant"
    case .unknownPart(let type, let message):
      "message \(message) has a part of type '\(type)'; expected text or image_url"
    case .emptyPart(let type, let message):
      "message \(message) has a part of type '\(type)' without a '\(type)'"
    case .picturesTwice: "it has both 'images' and image_url parts; use one of them"
    case .badAddress(let place, let fault): "\(place) has \(fault)"
    }
  }
}

extension ConversationFault {
  /// What is wrong with a value.
  init(_ problem: JSONError.Problem) {
    switch problem {
    case .value(let key, let found, let expected):
      self = .wrongValue(path: key.printable, found: found.printable, expected: expected)
    case .unknownKey(let key, let known): self = .unknownKey(path: key.printable, expected: known)
    case .malformed, .unreadable: self = .notJSON
    }
  }
}
