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

  /// The messages with instructions at the end of their system message, or else of the template's.
  package func adding(_ instructions: String, to messages: [Message]) -> [Message] {
    var messages = messages
    var system = [Message.Part.text(systemMessage ?? "")]
    if messages.first?.role == .system { system = messages.removeFirst().parts }
    let gap = system.allSatisfy { $0 == .text("") } ? "" : "\n\n"
    messages.insert(Message(role: .system, parts: system + [.text(gap + instructions)]), at: 0)
    return messages
  }

  /// The prompt, its pictures not yet replaced by tokens.
  ///
  /// A single question that does not say where its pictures stand gets them in front, as the
  /// reference's `chat()` and its multi-image example do. An empty system message means none.
  /// `prefill` is the beginning of the answer.
  func prompt(
    _ conversation: Conversation, prefill: String = ""
  ) throws(InternVLError) -> [Message.Part] {
    var messages = conversation.messages
    var system = [Message.Part.text(systemMessage ?? "")]
    if messages.first?.role == .system { system = messages.removeFirst().parts }
    guard messages.last?.role == .user else { throw .emptyConversation }
    if messages.count == 1, !messages[0].parts.contains(.image) {
      let lead = Message(role: .user, content: lead(images: conversation.images.count))
      messages[0] = Message(role: .user, parts: lead.parts + messages[0].parts)
    }
    let first = Message(role: .system, parts: system)
    if !first.parts.isEmpty { messages.insert(first, at: 0) }
    var parts: [Message.Part] = []
    for message in messages {
      parts.append(.text("\(Self.messageStart)\(message.role.rawValue)\n"))
      parts += message.parts
      parts.append(.text("\(Self.stop)\(separator)"))
    }
    parts.append(.text("\(Self.messageStart)assistant\n\(prefill)"))
    guard conversation.images.isEmpty else { return parts }
    return parts.map { $0 == .image ? .text(Message.placeholder) : $0 }
  }

  /// A question with its pictures in front, unless the text says where they stand.
  package func question(_ text: String, images: Int) -> String {
    Self.question(text, lead: lead(images: images))
  }

  /// A question about a video with its frames in front, unless the text says where they stand.
  package static func question(_ text: String, frames: Int) -> String {
    question(text, lead: numbered("Frame", count: frames))
  }

  /// What stands in front of a question about pictures.
  private func lead(images: Int) -> String {
    images > 1 && numbersPictures
      ? Self.numbered("Image-", count: images)
      : String(repeating: "\(Message.placeholder)\n", count: images)
  }

  private static func numbered(_ name: String, count: Int) -> String {
    (0..<count).map { "\(name)\($0 + 1): \(Message.placeholder)\n" }.joined()
  }

  private static func question(_ text: String, lead: String) -> String {
    text.contains(Message.placeholder) ? text : lead + text
  }

  /// Replaces the pictures, in order, by their token runs.
  static func expand(
    _ prompt: [Message.Part], imageTokens: [Int]
  ) throws(InternVLError) -> String {
    let places = prompt.count { $0 == .image }
    guard places == imageTokens.count else {
      throw .placeholders(count: places, images: imageTokens.count)
    }
    var left = imageTokens[...]
    var text = ""
    for part in prompt {
      switch part {
      case .text(let piece): text += piece
      case .image:
        let tokens = left.popFirst() ?? 0
        text += imageStart + String(repeating: imageContent, count: tokens) + imageEnd
      }
    }
    return text
  }
}
