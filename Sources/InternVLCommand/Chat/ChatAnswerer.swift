import Engines
import Foundation
import InternVL
import Models

/// Whoever answers in a chat.
protocol ChatAnswerer {
  /// The model's name.
  var name: String { get }
  /// Tokens that a conversation may have; nil where that is not known.
  var contextLength: Int? { get }
  /// How answers are generated where the chat does not say otherwise.
  var options: GenerationOptions { get }
  /// Whether pictures are cut into tiles as `GenerationOptions.maxTiles` says.
  var cutsPictures: Bool { get }

  /// Answers the last question, printing the text as it comes; Ctrl-C ends the answer.
  ///
  /// - Throws: `InternVLError` and `EndpointError`, after which the chat goes on; what ends it besides.
  func answer(_ log: ChatLog, options: GenerationOptions) throws -> ChatAnswer
}

/// An answer in a chat.
struct ChatAnswer {
  let text: String
  let isCancelled: Bool
  /// Tokens of the conversation up to the answer's end, and of its pictures; nil where that is not known.
  let tokens: (all: Int, pictures: Int?)?
}

/// The native engine in a chat.
struct NativeAnswerer: ChatAnswerer {
  private let answering: Answering
  private let scheduler: Scheduler

  init(_ answering: Answering) {
    self.answering = answering
    scheduler = Scheduler(answering.loaded.model)
  }

  var name: String { answering.loaded.name }
  var contextLength: Int? { answering.loaded.model.contextLength }
  var options: GenerationOptions { answering.options }
  var cutsPictures: Bool { true }

  func answer(_ log: ChatLog, options: GenerationOptions) throws -> ChatAnswer {
    let template = answering.loaded.model.configuration.template
    let reply = try answering.answer(
      log.conversation(question: template.question(_:images:)), options: options, by: scheduler,
      isPrinted: true, isWrapped: true, pictures: log.pictures.map(\.name),
      note: Advice.chatSentence)
    return ChatAnswer(
      text: reply.text, isCancelled: reply.finishReason == .cancelled,
      tokens: (reply.promptTokenIDs.count + reply.tokenIDs.count, reply.timings.imageTokens))
  }
}

extension EndpointAnswering: ChatAnswerer {
  var name: String { model }
  var contextLength: Int? { nil }
  var cutsPictures: Bool { false }

  func answer(_ log: ChatLog, options: GenerationOptions) throws -> ChatAnswer {
    let conversation = log.conversation { text, images in
      text.contains("<image>") ? text : String(repeating: "<image>\n", count: images) + text
    }
    let reply = try answer(
      EndpointQuestion(
        model: model, messages: conversation.messages,
        pictures: conversation.images.map(EncodedPicture.init), options: options),
      isPrinted: true, isWrapped: true)
    return ChatAnswer(
      text: reply.text.trimmingCharacters(in: .whitespacesAndNewlines),
      isCancelled: reply.isCancelled,
      tokens: reply.usage.map { ($0.prompt + $0.answer, nil) })
  }
}
