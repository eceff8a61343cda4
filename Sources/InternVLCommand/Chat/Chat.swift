import Foundation
import InternVL
import Models

/// A conversation on the terminal.
final class Chat {
  private let answering: Answering
  private let input: PictureInput
  private let system: String?
  private let scheduler: Scheduler
  private var conversation: Conversation
  /// Pictures that the next question takes along.
  private var waiting: [Image]

  init(answering: Answering, input: PictureInput, system: String?, images: [Image]) {
    self.answering = answering
    self.input = input
    self.system = system
    scheduler = Scheduler(answering.loaded.model)
    conversation = Chat.emptyConversation(system: system)
    waiting = images
  }

  /// Reads and answers until the user leaves.
  func run() throws {
    StandardError.say(
      "\(answering.loaded.name) is ready. /image PATH adds a picture, /help lists all commands.")
    if !waiting.isEmpty { sayWaiting() }
    guard let editor = LineEditor() else { throw CommandError.noLineEditor }
    while true {
      switch editor.readLine() {
      case .end: return StandardError.say("")
      case .interrupted: StandardError.say("")
      case .line(let line):
        guard try handle(ChatInput(line)) else { return }
      }
    }
  }

  /// Does what a line asks; false ends the chat.
  private func handle(_ line: ChatInput) throws -> Bool {
    switch line {
    case .nothing: break
    case .exit: return false
    case .help: StandardError.say(ChatInput.helpText)
    case .clear:
      conversation = Chat.emptyConversation(system: system)
      waiting = []
      StandardError.say("A new conversation begins.")
    case .image(let path): addImage(path)
    case .unknown(let command):
      StandardError.say("There is no command \(command); /help lists all.")
    case .question(let text): try ask(text)
    }
    return true
  }

  private func addImage(_ path: String) {
    guard !path.isEmpty else { return StandardError.say("Name a picture: /image PATH") }
    do {
      waiting.append(try input.read(.file(URL(filePath: path), page: 0)))
      sayWaiting()
    } catch {
      StandardError.say("internvl: \(Advice.sentence(error))")
    }
  }

  private func sayWaiting() {
    StandardError.say(
      "\(Units.count(waiting.count, "picture")) will go with your next question.")
  }

  /// Asks the model; on an error the conversation stays as it was before.
  private func ask(_ text: String) throws {
    var asked = conversation
    // The pictures of a question in the middle stand in front, as in the first one.
    let template = answering.loaded.model.configuration.template
    asked.messages.append(
      waiting.isEmpty
        ? Message(role: .user, parts: [.text(text)])
        : Message(role: .user, content: template.question(text, images: waiting.count)))
    asked.images += waiting
    do {
      let reply = try answering.answer(asked, by: scheduler, isPrinted: true)
      guard !reply.text.isEmpty else { return }
      asked.messages.append(.answer(reply.text))
      conversation = asked
      waiting = []
    } catch let error as InternVLError {
      StandardError.say("internvl: \(Chat.sentence(error))")
    }
  }

  /// An error, with the chat's way out of it.
  static func sentence(_ error: InternVLError) -> String {
    let sentence = Advice.sentence(error)
    guard case .promptTooLong = error else { return sentence }
    return "\(sentence), or /clear to begin anew"
  }

  private static func emptyConversation(system: String?) -> Conversation {
    Conversation(messages: system.map { [Message(role: .system, content: $0)] } ?? [])
  }
}
