package import InternVL

/// An answer in the form of OpenAI's responses interface.
package struct ResponseReply: Encodable, Sendable {
  package struct Content: Encodable, Sendable {
    package let type = "output_text"
    package let text: String
    package let annotations: [String] = []
  }

  package struct Item: Encodable, Sendable {
    package let type = "message"
    package let id: String
    package let status: String
    package let role = "assistant"
    package let content: [Content]
  }

  package struct Incomplete: Encodable, Sendable {
    package let reason = "max_output_tokens"
  }

  package struct InputDetails: Encodable, Sendable {
    package let cachedTokens: Int
  }

  package struct OutputDetails: Encodable, Sendable {
    package let reasoningTokens: Int
  }

  package struct Usage: Encodable, Sendable {
    package let inputTokens: Int
    package let inputTokensDetails: InputDetails
    package let outputTokens: Int
    package let outputTokensDetails: OutputDetails
    package let totalTokens: Int

    init(_ reply: Reply) {
      inputTokens = reply.promptTokenIDs.count
      inputTokensDetails = InputDetails(cachedTokens: reply.timings.reusedTokens)
      outputTokens = reply.tokenIDs.count
      outputTokensDetails = OutputDetails(reasoningTokens: reply.reasoningTokens)
      totalTokens = inputTokens + outputTokens
    }
  }

  package let id: String
  package let object = "response"
  package let createdAt: Int
  package let status: String
  package let incompleteDetails: Incomplete?
  package let model: String
  package let output: [Item]
  package let usage: Usage?
  package let temperature: Float
  package let topP: Float
  package let maxOutputTokens: Int
  package let toolChoice = "none"
  package let tools: [String] = []
  package let parallelToolCalls = false
  package let store = false

  /// The response so far: without a reply it has just begun.
  package init(
    _ head: AnswerHead, itemID: String, options: GenerationOptions, reply: Reply?
  ) {
    id = head.id
    createdAt = head.created
    model = head.model
    let isCut = reply?.finishReason == .length
    status = reply == nil ? "in_progress" : isCut ? "incomplete" : "completed"
    incompleteDetails = isCut ? Incomplete() : nil
    output = reply.map { [Item(itemID, text: $0.text, isCut: isCut)] } ?? []
    usage = reply.map { Usage($0) }
    temperature = options.temperature
    topP = options.topP
    maxOutputTokens = options.maxTokens
  }
}

extension ResponseReply.Item {
  /// The message with its text; nil where it has just begun.
  package init(_ id: String, text: String?, isCut: Bool) {
    self.init(
      id: id, status: text == nil ? "in_progress" : isCut ? "incomplete" : "completed",
      content: text.map { [ResponseReply.Content(text: $0)] } ?? [])
  }
}
