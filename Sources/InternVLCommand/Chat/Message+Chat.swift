import InternVL

extension Message {
  /// A question in the middle of a conversation: its pictures stand in front unless the text
  /// says where, as at a conversation's beginning.
  static func question(_ text: String, images: Int) -> Message {
    guard !text.contains("<image>") else { return Message(role: .user, content: text) }
    let lead =
      images == 1
      ? "<image>\n" : (0..<images).map { "Image-\($0 + 1): <image>\n" }.joined()
    return Message(role: .user, content: lead + text)
  }

  /// A question about a video: its frames stand in front unless the text says where.
  static func question(_ text: String, frames: Int) -> Message {
    guard !text.contains("<image>") else { return Message(role: .user, content: text) }
    let lead = (0..<frames).map { "Frame\($0 + 1): <image>\n" }.joined()
    return Message(role: .user, content: lead + text)
  }

  /// An answer as part of the next prompt, where it must not ask for a picture by spelling out
  /// what stands for one.
  static func answer(_ text: String) -> Message {
    let text = text.replacing("<image>", with: "< image>")
      .replacing("<IMG_CONTEXT>", with: "< IMG_CONTEXT>")
    return Message(role: .assistant, content: text)
  }
}
