import ArgumentParser
import Foundation

/// How `launch` chats.
struct ChatChoice: ParsableArguments {
  @Flag(name: .customLong("continue"), help: "Goes on with the latest chat.")
  var continues = false

  @Flag(help: "Keeps neither the chat nor the lines that are typed.")
  var noHistory = false

  @Flag(
    help: "Writes plain lines that are never drawn anew, as with TERM=dumb: for screen readers.")
  var plain = false

  /// Where chats are kept; nil with --no-history.
  var store: ChatStore? { noHistory ? nil : ChatStore(folder: Environment.state) }

  func validate() throws {
    if continues, noHistory { throw ValidationError("--continue needs the history.") }
  }

  /// Lets everything that draws know.
  func apply() {
    if plain { setenv("TERM", "dumb", 1) }
  }

  /// What reads the terminal.
  func editor() throws(CommandError) -> LineEditor {
    guard let editor = LineEditor(history: store?.lines() ?? []) else {
      throw .noLineEditor
    }
    return editor
  }

  /// The latest chat; an empty one without --continue.
  func log(input: PictureInput) throws -> ChatLog {
    guard continues else { return ChatLog() }
    guard let path = try store?.chats().first else { throw CommandError.noChat }
    let restored = try RestoredChat(file: path, read: input.read)
    for problem in restored.problems { StandardError.say("internvl: \(problem)") }
    return restored.log
  }
}
