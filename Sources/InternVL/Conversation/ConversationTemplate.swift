import JSON

/// How a conversation becomes a prompt.
///
/// Source: OpenGVLab's conversation.py (separator style MPT), and the chat template of the
/// repositories in transformers' layout.
package struct ConversationTemplate: Sendable, Equatable {
  /// What it is called.
  package let name: String
  /// The system message of conversations that bring none; nil where those have none.
  package var systemMessage: String?
  /// What stands between the token that ends a message and the next message.
  let separator: String
  /// Whether several pictures without a place are numbered.
  let numbersPictures: Bool

  /// What stands for a picture in a message.
  static let placeholder = "<image>"
  static let imageStart = "<img>"
  static let imageEnd = "</img>"
  static let imageContent = "<IMG_CONTEXT>"
  /// What stands for a video in prompts of transformers; has no embedding.
  static let video = "<video>"
  /// The token that begins a message.
  static let messageStart = "<|im_start|>"
  /// The token that ends a message, and so an answer; `eos_token_id` in config.json is another one.
  static let stop = "<|im_end|>"

  /// InternVL2.5, InternVL3 and InternVL3.5; there is no other language of the system message.
  static let internVL2_5 = ConversationTemplate(
    name: "internvl2_5",
    systemMessage:
      "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
    separator: "\n", numbersPictures: true)

  /// InternVL2-1B.
  static let hermes2 = internVL2("Hermes-2")

  /// InternVL2-2B, 8B and 26B.
  static let internLM2Chat = internVL2("internlm2-chat")

  private static func internVL2(_ name: String) -> ConversationTemplate {
    ConversationTemplate(
      name: name,
      systemMessage:
        "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。",
      separator: "", numbersPictures: true)
  }

  /// The chat template of repositories in transformers' layout.
  static let transformers = ConversationTemplate(
    name: "transformers", systemMessage: nil, separator: "\n", numbersPictures: false)

  /// The marks around the thought that an answer may begin with.
  static let thoughtStart = "<think>"
  static let thoughtEnd = "</think>"

  /// The system message that makes InternVL3.5 think before it answers; from its model card.
  package static let thinkingMessage = """
    You are an AI assistant that rigorously follows this response protocol:

    1. First, conduct a detailed analysis of the question. Consider different angles, potential \
    solutions, and reason through the problem step-by-step. Enclose this entire thinking process \
    within <think> and </think> tags.

    2. After the thinking section, provide a clear, concise, and direct answer to the user's question. \
    Separate the answer from the think section with a newline.

    Ensure that the thinking process is thorough but remains focused on the query. The final answer \
    should be standalone and not reference the thinking section.
    """

  /// The template that OpenGVLab's config.json names.
  init(openGVLab root: JSONObject) throws(JSONError) {
    let known = [Self.internVL2_5, .hermes2, .internLM2Chat]
    let name = try root.string("template", default: Self.internVL2_5.name)
    guard let template = known.first(where: { $0.name == name }) else {
      throw root.invalid("template", expected: known.map(\.name).joined(separator: ", "))
    }
    self = template
    if let message = try root.optionalString("system_message") { systemMessage = message }
  }

  private init(name: String, systemMessage: String?, separator: String, numbersPictures: Bool) {
    self.name = name
    self.systemMessage = systemMessage
    self.separator = separator
    self.numbersPictures = numbersPictures
  }

  /// The prompt, with `<image>` placeholders not yet replaced.
  ///
  /// A single question without a placeholder gets its pictures in front, as the reference's
  /// `chat()` and its multi-image example do. An empty system message means none. `prefill` is the
  /// beginning of the answer.
  func prompt(
    _ conversation: Conversation, prefill: String = ""
  ) throws(InternVLError) -> String {
    var messages = conversation.messages
    var system = systemMessage ?? ""
    if messages.first?.role == .system { system = messages.removeFirst().content }
    guard messages.last?.role == .user else { throw .emptyConversation }
    if messages.count == 1 {
      messages[0].content = question(messages[0].content, images: conversation.images.count)
    }
    if !system.isEmpty { messages.insert(Message(role: .system, content: system), at: 0) }
    var text = ""
    for message in messages {
      text +=
        "\(Self.messageStart)\(message.role.rawValue)\n\(message.content)\(Self.stop)\(separator)"
    }
    return text + "\(Self.messageStart)assistant\n\(prefill)"
  }

  /// A question with its pictures in front, unless the text says where they stand.
  package func question(_ text: String, images: Int) -> String {
    if images > 1, numbersPictures { return Self.numbered(text, "Image-", count: images) }
    return Self.question(text, lead: String(repeating: "\(Self.placeholder)\n", count: images))
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
