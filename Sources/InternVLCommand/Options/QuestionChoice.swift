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
      The question; - reads it from standard input, and what is piped in beside a question stands \
      in front of it. <image> in it stands for the next picture; without one, the pictures come first.
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
      valueName: "file"),
    completion: .file())
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
    if pictures.readsStandardInput, messages == nil, prompt == nil || prompt == "-" {
      throw ValidationError("--image - takes standard input; give the question with --prompt.")
    }
  }

  /// The system message that the user wants; nil for the model's own.
  var systemMessage: String? { thinking ? ConversationTemplate.thinkingMessage : system }

  /// The text of a pipe or a file, where no option says what to ask; nil when a terminal asks.
  func piped() throws -> String? {
    guard prompt == nil, messages == nil, isatty(STDIN_FILENO) == 0 else { return nil }
    return try TextInput.standardInput()
  }

  /// What is asked, by an option or by what was piped in; nil when a terminal asks.
  func question(piped: String?) throws -> Question? {
    if let messages {
      return try Question(
        ConversationFile.read(json: TextInput.file(messages), file: messages), file: messages)
    }
    let text: String
    switch prompt {
    case "-"?: text = try TextInput.standardInput()
    case let prompt?:
      let piped = pictures.readsStandardInput ? nil : try TextInput.piped()
      text = piped.map { "\($0.trimmedEnd)\n\n\(prompt)" } ?? prompt
    case nil:
      guard let piped else {
        guard !pictures.isVideo else { throw CommandError.videoWithoutQuestion }
        return nil
      }
      text = piped
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
