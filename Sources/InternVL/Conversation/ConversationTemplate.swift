/// The conversation template `internvl2_5`.
///
/// Source: OpenGVLab's conversation.py (separator style MPT).
package enum ConversationTemplate {
  /// What stands for a picture in a message.
  static let placeholder = "<image>"
  static let imageStart = "<img>"
  static let imageEnd = "</img>"
  static let imageContent = "<IMG_CONTEXT>"
  /// The token that begins a message.
  static let messageStart = "<|im_start|>"
  /// The only token that ends an answer; `eos_token_id` in config.json is another one.
  static let stop = "<|im_end|>"

  /// The template's system message; there is no other language of it.
  static let systemMessage =
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"

  /// The prompt, with `<image>` placeholders not yet replaced.
  ///
  /// A single question without a placeholder gets its pictures in front, as the reference's
  /// `chat()` and its multi-image example do.
  static func prompt(
    _ conversation: Conversation, systemMessage: String?
  ) throws(InternVLError) -> String {
    var messages = conversation.messages
    var system = systemMessage ?? Self.systemMessage
    if messages.first?.role == .system { system = messages.removeFirst().content }
    guard messages.last?.role == .user else { throw .emptyConversation }
    if messages.count == 1 {
      messages[0].content = question(messages[0].content, images: conversation.images.count)
    }
    var text = "\(messageStart)system\n\(system)\(stop)\n"
    for message in messages {
      text += "\(messageStart)\(message.role.rawValue)\n\(message.content)\(stop)\n"
    }
    return text + "\(messageStart)assistant\n"
  }

  /// A question with its pictures in front, unless the text says where they stand.
  package static func question(_ text: String, images: Int) -> String {
    images == 1 ? question(text, lead: "\(placeholder)\n") : numbered(text, "Image-", count: images)
  }

  /// A question about a video with its frames in front, unless the text says where they stand.
  package static func question(_ text: String, frames: Int) -> String {
    numbered(text, "Frame", count: frames)
  }

  private static func numbered(_ text: String, _ name: String, count: Int) -> String {
    question(text, lead: (0..<count).map { "\(name)\($0 + 1): \(placeholder)\n" }.joined())
  }

  private static func question(_ text: String, lead: String) -> String {
    text.contains(placeholder) ? text : lead + text
  }

  /// Replaces the placeholders, in order, by the token runs of their pictures.
  static func expand(
    _ prompt: String, imageTokens: [Int]
  ) throws(InternVLError) -> String {
    let pieces = prompt.split(separator: placeholder, omittingEmptySubsequences: false)
    guard pieces.count - 1 == imageTokens.count else {
      throw .placeholders(count: pieces.count - 1, images: imageTokens.count)
    }
    var text = String(pieces[0])
    for (piece, tokens) in zip(pieces.dropFirst(), imageTokens) {
      text += imageStart + String(repeating: imageContent, count: tokens) + imageEnd + piece
    }
    return text
  }
}
