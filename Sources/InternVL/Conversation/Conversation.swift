/// One message of a conversation.
public struct Message: Sendable, Equatable {
  /// Who speaks.
  public enum Role: String, Sendable {
    /// Replaces the model's own system message; only at the start.
    case system
    /// The person.
    case user
    /// The model.
    case assistant
  }

  /// A stretch of a message.
  public enum Part: Sendable, Equatable {
    /// Text; `<image>` in it is nothing but text.
    case text(String)
    /// The next picture of the conversation.
    case image
  }

  /// Who speaks.
  public var role: Role
  /// Text and pictures in their order; no text is empty or follows another.
  public private(set) var parts: [Part]

  /// Makes a message of text in which `<image>` stands for the next picture of the conversation.
  public init(role: Role, content: String) {
    let texts = content.split(separator: Self.placeholder, omittingEmptySubsequences: false)
    self.init(
      role: role,
      parts: Array(texts.map { [Part.text(String($0))] }.joined(separator: [Part.image])))
  }

  /// Makes a message of parts.
  public init(role: Role, parts: [Part]) {
    self.role = role
    self.parts = []
    for part in parts {
      switch (self.parts.last, part) {
      case (_, .text("")): break
      case (.text(let before)?, .text(let text)):
        self.parts[self.parts.count - 1] = .text(before + text)
      default: self.parts.append(part)
      }
    }
  }

  /// The message as text, with `<image>` for each picture.
  public var content: String {
    get {
      parts.map { part in
        switch part {
        case .text(let text): text
        case .image: Self.placeholder
        }
      }.joined()
    }
    set { self = Message(role: role, content: newValue) }
  }

  /// What stands for a picture in text.
  static let placeholder = "<image>"
}

/// Messages and their pictures, in order.
///
/// Where there is no picture, `<image>` is text as any other.
public struct Conversation: Sendable {
  /// The messages, oldest first; the last one is the user's.
  public var messages: [Message]
  /// The pictures, in the order of their placeholders.
  public var images: [Image]

  /// Makes a conversation.
  public init(messages: [Message], images: [Image] = []) {
    self.messages = messages
    self.images = images
  }
}
