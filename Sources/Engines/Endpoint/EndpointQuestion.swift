import FoundationEssentials
package import InternVL
import OpenAIMessages

/// What a server is asked.
package struct EndpointQuestion: Sendable {
  package var model: String
  package var messages: [Message]
  /// In the order of their places in the messages.
  package var pictures: [EncodedPicture]
  package var options: GenerationOptions

  package init(
    model: String, messages: [Message], pictures: [EncodedPicture], options: GenerationOptions
  ) {
    self.model = model
    self.messages = messages
    self.pictures = pictures
    self.options = options
  }

  /// The request's body, for a streamed answer.
  ///
  /// What has its usual value is left out: some servers refuse what they do not know.
  func json() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    let body: [UInt8]
    do {
      body = Array(try encoder.encode(ChatBody(self)))
    } catch {
      // Strings, integers and finite numbers always can be.
      preconditionFailure("a request cannot be written as JSON: \(error)")
    }
    guard let schema = options.shape?.jsonSchema else { return body }
    // As it was written: the order of its properties is the order of the answer's.
    let format =
      #","response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":"#
    return body.dropLast() + Array((format + schema + "}}}").utf8)
  }
}

/// OpenAI's chat completion, with the further sampling options of vLLM, LMDeploy and llama-server.
private struct ChatBody: Encodable {
  struct StreamOptions: Encodable {
    let includeUsage = true
    enum CodingKeys: String, CodingKey { case includeUsage = "include_usage" }
  }

  let model: String
  let messages: [MessageDocument]
  let stream = true
  let streamOptions = StreamOptions()
  let maxTokens: Int
  let temperature: Float
  let topP: Float?
  let topK: Int?
  let minP: Float?
  let repetitionPenalty: Float?
  let frequencyPenalty: Float?
  let presencePenalty: Float?
  let seed: UInt64?
  let stop: [String]?

  enum CodingKeys: String, CodingKey {
    case model, messages, stream, temperature, seed, stop
    case streamOptions = "stream_options"
    case maxTokens = "max_tokens"
    case topP = "top_p"
    case topK = "top_k"
    case minP = "min_p"
    case repetitionPenalty = "repetition_penalty"
    case frequencyPenalty = "frequency_penalty"
    case presencePenalty = "presence_penalty"
  }

  init(_ question: EndpointQuestion) {
    let options = question.options
    let isDrawn = options.temperature > 0
    model = question.model
    maxTokens = options.maxTokens
    temperature = options.temperature
    topP = isDrawn && options.topP < 1 ? options.topP : nil
    topK = isDrawn && options.topK > 0 ? options.topK : nil
    minP = isDrawn && options.minP > 0 ? options.minP : nil
    repetitionPenalty = options.repetitionPenalty == 1 ? nil : options.repetitionPenalty
    frequencyPenalty = options.frequencyPenalty == 0 ? nil : options.frequencyPenalty
    presencePenalty = options.presencePenalty == 0 ? nil : options.presencePenalty
    seed = isDrawn ? options.seed : nil
    stop = options.stop.isEmpty ? nil : options.stop
    messages = Self.messages(question)
  }

  /// The messages; a single one that does not say where its pictures stand gets them in front.
  private static func messages(_ question: EndpointQuestion) -> [MessageDocument] {
    var left = question.pictures[...]
    let hasPlaces = question.messages.contains { $0.parts.contains(.image) }
    return question.messages.map { message in
      var parts = message.parts
      if !hasPlaces, message.role == .user {
        parts = left.map { _ in .image } + parts
      }
      var hasPicture = false
      let written = parts.map { part -> MessageDocument.Part in
        switch part {
        case .text(let text): return .text(text)
        case .image:
          // Where no picture is left, `<image>` is text as any other.
          guard let picture = left.popFirst() else { return .text("<image>") }
          hasPicture = true
          return .picture(MessageDocument.Picture(url: picture.address))
        }
      }
      return MessageDocument(
        role: message.role.rawValue,
        content: hasPicture ? .parts(written) : .text(written.compactMap(\.text).joined()))
    }
  }
}
