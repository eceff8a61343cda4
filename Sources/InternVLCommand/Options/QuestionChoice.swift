import ArgumentParser
import Foundation
import InternVL
import OpenAIMessages

/// What `launch` is asked.
struct QuestionChoice: ParsableArguments {
  @OptionGroup var pictures: PictureChoice

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      The question; - reads it from standard input. <image> in it stands for the next picture; \
      without one, the pictures come first.
      """, valueName: "text"))
  var prompt: String?

  @Option(
    help: ArgumentHelp(
      "Replaces the model's system message; an empty one leaves it out.", valueName: "text"))
  var system: String?

  @Flag(help: "Makes InternVL3.5 think first, by the system message that it has for that.")
  var thinking = false

  @Option(
    help: ArgumentHelp(
      "A conversation in JSON: OpenAI's chat messages, or messages and images.",
      valueName: "file"))
  var messages: String?

  func validate() throws {
    if messages != nil, prompt != nil || system != nil || thinking || !pictures.isEmpty {
      throw ValidationError(
        "--messages holds the whole conversation; leave out --prompt, --system, --thinking and "
          + "pictures.")
    }
    if thinking, system != nil {
      throw ValidationError("--thinking has a system message of its own; leave out --system.")
    }
  }

  /// The system message that the user wants; nil for the model's own.
  var systemMessage: String? { thinking ? ConversationTemplate.thinkingMessage : system }

  /// What is asked; nil when a terminal asks.
  func question() throws -> Question? {
    if let messages {
      return try Question(
        ConversationFile.read(json: TextInput.file(messages), file: messages), file: messages)
    }
    let text: String
    switch prompt {
    case "-"?: text = try TextInput.standardInput()
    case let prompt?: text = prompt
    case nil:
      guard isatty(STDIN_FILENO) == 0 else {
        guard !pictures.isVideo else {
          throw CommandError.videoWithoutQuestion
        }
        return nil
      }
      text = try TextInput.standardInput()
    }
    let prompt = text.trimmedEnd
    guard !prompt.isEmpty else { throw CommandError.emptyPrompt }
    let sources = try pictures.sources()
    let question =
      pictures.isVideo
      ? Message.question(prompt, frames: sources.count) : Message(role: .user, content: prompt)
    let messages = (systemMessage.map { [Message(role: .system, content: $0)] } ?? []) + [question]
    return Question(messages: messages, pictures: sources)
  }
}

extension String {
  /// The text without white space at its end, which a pipe or an editor leaves.
  fileprivate var trimmedEnd: String {
    String(reversed().drop(while: \.isWhitespace).reversed())
  }
}
