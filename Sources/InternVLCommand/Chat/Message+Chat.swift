import InternVL

extension Message {
  /// A question about a video.
  static func question(_ text: String, frames: Int) -> Message {
    Message(role: .user, content: ConversationTemplate.question(text, frames: frames))
  }

  /// An answer as part of the next prompt, in which nothing asks for a picture.
  static func answer(_ text: String) -> Message {
    let text = text.replacing("<IMG_CONTEXT>", with: "< IMG_CONTEXT>")
    return Message(role: .assistant, parts: [.text(text)])
  }
}
