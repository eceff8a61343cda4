import Engines
import Foundation
import InternVL
import Models

/// A conversation on the terminal, or by the lines of a script.
final class Chat {
  let answerer: any ChatAnswerer
  let input: PictureInput
  /// Where the chat is kept; nil where it is not.
  let store: ChatStore?
  private let lines: any ChatLines
  private let isScript: Bool
  private var file: String?
  private var saidUnsaved = false
  /// Lines of a script that could not be carried out.
  private var failures = 0

  var settings: ChatSettings
  var log: ChatLog
  /// Pictures that the next question takes along.
  var waiting: [ChatPicture]

  /// A chat that begins, or goes on with `log`.
  init(
    answerer: any ChatAnswerer, input: PictureInput, lines: any ChatLines, store: ChatStore?,
    log: ChatLog, waiting: [ChatPicture]
  ) {
    self.answerer = answerer
    self.input = input
    self.lines = lines
    self.store = store
    self.log = log
    self.waiting = waiting
    isScript = lines is ScriptLines
    settings = ChatSettings(answerer.options)
  }

  /// Reads and answers until the user leaves.
  ///
  /// - Throws: `CommandError.failedLines` where lines of a script could not be carried out,
  ///   `.interrupted`, and `OutputError`.
  func run() throws {
    if !isScript {
      StandardError.say(
        "\(answerer.name) is ready. /image PATH adds a picture, /help lists all commands.")
    }
    if !log.turns.isEmpty { sayWhatIsThere() }
    if !waiting.isEmpty { sayWaiting() }
    while try handleNext() {}
    if isScript, failures > 0 { throw CommandError.failedLines(failures) }
  }

  /// Waits for a line and does what it asks; false ends the chat.
  private func handleNext() throws -> Bool {
    switch lines.nextText() {
    case .end:
      if !isScript { StandardError.say("") }
      return false
    case .interrupted:
      StandardError.say("")
      return true
    case .line(let line):
      remember(line)
      // At a terminal, Ctrl-C ends what a line asks for and never the chat.
      return try isScript
        ? handle(ChatInput(line)) : Interrupts.cancellable { try handle(ChatInput(line)) }
    }
  }

  /// Does what a line asks; false ends the chat.
  private func handle(_ line: ChatInput) throws -> Bool {
    switch line {
    case .nothing: break
    case .command(.exit, _): return false
    case .command(let command, let argument): try carryOut(command, argument)
    case .unknown(let command, let suggestion):
      fail(
        "there is no command \(command)"
          + (suggestion.map { "; did you mean \($0)?" } ?? "; /help lists all"))
    case .question(let text): try askAndShow(text)
    }
    return true
  }

  // MARK: - Questions

  /// Asks a question that may name pictures; a file that is no picture stays a part of it.
  ///
  /// A script's text may be somebody else's, so nothing is fetched for it from the web.
  private func askAndShow(_ question: String) throws {
    var line = NamedPictures(question: question)
    if isScript, line.paths.contains(where: TypedPath.isWebAddress) {
      line.paths.removeAll(where: TypedPath.isWebAddress)
      line.text = question
    }
    let before = waiting
    var isAllPictures = true
    for path in line.paths {
      switch addPicture(path, failing: { "\($0); it stays a part of the question" }) {
      case .added: break
      case .failed: isAllPictures = false
      case .stopped:
        waiting = before
        return
      }
    }
    for name in line.missing {
      StandardError.say("internvl: there is no file '\(name)'; it stays a part of the question")
    }
    let text = isAllPictures ? line.text : question
    guard !text.isEmpty else { return sayWaiting() }
    if waiting.count > before.count { sayWaiting(isNow: true) }
    try askWithWaiting(text)
  }

  /// Asks a question, with the pictures that wait for it.
  func askWithWaiting(_ text: String) throws {
    let pictures = waiting
    waiting = []
    try ask(ChatTurn(text, pictures: pictures))
  }

  /// Asks the model; where there is no answer, everything is as it was before.
  func ask(_ turn: ChatTurn) throws {
    log.turns.append(turn)
    save()
    do {
      let answer = try answerer.answer(log, options: settings.options)
      if answer.isCancelled, isScript { throw CommandError.interrupted }
      if answer.text.isEmpty {
        takeBack()
      } else {
        log.turns[log.turns.count - 1].answer = answer.text
        log.turns[log.turns.count - 1].tokens = answer.tokens
      }
    } catch let error as EndpointError {
      takeBack()
      fail(Advice.sentence(error))
    } catch let error as InternVLError {
      takeBack()
      fail(Advice.chatSentence(error))
    }
    save()
  }

  /// Takes the last question back; its pictures wait again.
  func takeBack() {
    guard let turn = log.turns.popLast() else { return }
    waiting = turn.pictures + waiting
  }

  // MARK: - Pictures

  enum Addition { case added, failed, stopped }

  /// Reads a picture for the next question; where it cannot be read, `failing` makes the sentence.
  ///
  /// Without `failing`, that counts as a line that could not be carried out.
  func addPicture(_ path: String, failing: ((String) -> String)? = nil) -> Addition {
    let source = PictureSource(typed: path)
    let status = StatusLine()
    let result = Interrupts.abandonable(
      afterHalfSecond: { status.show("reading \(source.name)") }
    ) { [input] in
      Result { () throws -> ChatPicture in
        let here = try input.fetched(source)
        return ChatPicture(here, image: try input.read(here))
      }
    }
    status.clear()
    switch result {
    case nil:
      StandardError.say("\nStopped; '\(path)' is not added.")
      return .stopped
    case .success(let picture):
      waiting.append(picture)
      return .added
    case .failure(let error):
      let sentence = Advice.sentence(error)
      if let failing {
        StandardError.say("internvl: \(failing(sentence))")
      } else {
        fail(sentence)
      }
      return .failed
    }
  }

  func sayWaiting(isNow: Bool = false) {
    guard !isScript else { return }
    let names = waiting.map(\.name).joined(separator: ", ")
    StandardError.say(
      "\(Units.count(waiting.count, "picture")) \(isNow ? "go" : "will go") with "
        + "\(isNow ? "this" : "your next") question: \(names)")
  }

  // MARK: - Keeping

  /// Begins another file, so that the chat so far stays as it is.
  func beginFile() { file = nil }

  /// Writes the chat as far as it is.
  func save() {
    guard let store else { return }
    do {
      let path = file ?? store.newChat()
      try store.write(log, to: path)
      file = path
    } catch {
      sayUnsaved(error)
    }
  }

  private func remember(_ line: String) {
    guard !line.allSatisfy(\.isWhitespace), !isScript else { return }
    lines.remember(line)
    do {
      try store?.append(line)
    } catch {
      sayUnsaved(error)
    }
  }

  private func sayUnsaved(_ error: any Error) {
    guard !saidUnsaved else { return }
    saidUnsaved = true
    StandardError.say("internvl: the chat is not kept: \(error)")
  }

  /// Says what could not be done.
  func fail(_ sentence: String) {
    failures += 1
    StandardError.say("internvl: \(sentence)")
  }

  /// Says what a chat that goes on begins with.
  func sayWhatIsThere() {
    let last = log.turns.last?.question.split(separator: "\n").first ?? ""
    StandardError.say(
      "The chat goes on after \(Units.count(log.turns.count, "question")), the last one: \(last)")
    if log.isWaiting { StandardError.say("It has no answer yet; /again asks it.") }
  }
}
