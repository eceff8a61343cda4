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

  /// Who speaks.
  public var role: Role
  /// The text; `<image>` stands for the next picture of the conversation.
  public var content: String

  /// Makes a message.
  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

/// Messages and the pictures that their `<image>` placeholders stand for, in order.
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
