import Files
import Foundation
import InternVL
import Models
import OpenAIMessages

extension Chat {
  /// Carries out a command.
  func carryOut(_ command: ChatCommand, _ argument: String) throws {
    switch command {
    case .image: try addPictures(argument)
    case .images: pictures(argument)
    case .again: try again()
    case .undo: undo()
    case .edit: try edit()
    case .system: system(argument)
    case .set: set(argument)
    case .show: StandardError.say(settings.text)
    case .context: context()
    case .save: save(argument)
    case .load: load(argument)
    case .clear:
      log.turns = []
      waiting = []
      beginFile()
      StandardError.say("A new conversation begins.")
    case .help: StandardError.say(ChatCommand.helpText)
    case .exit: break
    }
  }

  // MARK: - Pictures

  private func addPictures(_ argument: String) throws {
    let line = NamedPictures(command: argument)
    guard !line.paths.isEmpty else { return fail("name a picture: /image PATH") }
    let before = waiting
    for path in line.paths where addPicture(path) != .added {
      waiting = before
      return
    }
    if line.text.isEmpty { sayWaiting() } else { try askWithWaiting(line.text) }
  }

  private func pictures(_ argument: String) {
    let words = argument.split(separator: " ")
    if words.first == "drop" {
      guard words.count == 2, let number = Int(words[1]),
        waiting.indices.contains(number - 1 - log.pictures.count)
      else {
        return fail("/images drop NUMBER takes a picture that waits for the next question")
      }
      waiting.remove(at: number - 1 - log.pictures.count)
    } else if !argument.isEmpty {
      return fail("/images lists the pictures, /images drop NUMBER takes one away")
    }
    let all = log.pictures + waiting
    guard !all.isEmpty else { return StandardError.say("There are no pictures.") }
    var table = Table([("NUMBER", .right), ("PICTURE", .left), ("", .left)])
    for (index, picture) in all.enumerated() {
      table.append([
        "\(index + 1)", picture.path, index < log.pictures.count ? "" : "for the next question",
      ])
    }
    StandardError.say(table.text)
  }

  // MARK: - The last question

  private func again() throws {
    guard let last = log.turns.popLast() else { return fail("there is no question yet") }
    let count = log.turns.count
    try ask(ChatTurn(last.question, pictures: last.pictures))
    guard log.turns.count == count else { return }
    // There is no new answer: the old one stays, and its pictures do not wait.
    log.turns.append(last)
    waiting.removeFirst(last.pictures.count)
    save()
  }

  private func undo() {
    guard let last = log.turns.last else { return fail("there is no question to take back") }
    takeBack()
    save()
    StandardError.say("Taken back: \(last.question)")
    if !waiting.isEmpty { sayWaiting() }
  }

  private func edit() throws {
    let last = log.turns.last
    guard let text = try TextEditor.edit(last?.question ?? "") else {
      return fail("the editor ended without a text; set $EDITOR to one that waits")
    }
    let question = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !question.isEmpty, question != last?.question else {
      return StandardError.say("Nothing has changed.")
    }
    takeBack()
    StandardError.say("> \(question)")
    try askWithWaiting(question)
  }

  // MARK: - Settings

  private func system(_ text: String) {
    if !text.isEmpty {
      log.system = text
      save()
    }
    StandardError.say("The system message is: \(log.system ?? "the model's own")")
  }

  private func set(_ argument: String) {
    let words = argument.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 2 else { return fail("/set NAME VALUE; /show lists the names") }
    if !answerer.cutsPictures, words[0].lowercased().hasSuffix("tiles") {
      return fail("the server cuts pictures as it is set up")
    }
    if let problem = settings.set(words[0], to: words[1]) { fail(problem) }
  }

  private func context() {
    guard let length = answerer.contextLength else {
      return StandardError.say(
        log.turns.last?.tokens.map {
          "\($0.all) tokens are used; the server knows how many there are."
        }
          ?? "How many tokens are used is known after the next answer.")
    }
    guard let last = log.turns.last else {
      return StandardError.say("\(length) tokens are free.")
    }
    guard let used = last.tokens else {
      return StandardError.say(
        "The context holds \(length) tokens; how many are used is known after the next answer.")
    }
    StandardError.say(
      "\(used.all) of \(length) tokens are used, \(used.pictures ?? 0) of them by pictures; "
        + "\(max(0, length - used.all)) are left.")
  }

  // MARK: - Files

  private func save(_ argument: String) {
    let words = ShellWords(argument).words
    guard words.count == 1 else { return fail("name one file: /save chat.json, or chat.md") }
    let path = TypedPath.path(words[0].text)
    do {
      let text = path.hasSuffix(".md") ? log.markdown : try ChatDocument(log).json
      try FileSystem.replace(URL(filePath: path).absoluteURL.path, with: text, durably: true)
      StandardError.say("Saved in \(path)")
    } catch {
      fail("\(error)")
    }
  }

  private func load(_ argument: String) {
    do {
      try load(argument, known: store?.chats() ?? [])
    } catch {
      fail("\(error)")
    }
  }

  private func load(_ argument: String, known: [String]) throws {
    let words = ShellWords(argument).words.map(\.text)
    guard let word = words.first, words.count == 1 else {
      guard words.isEmpty else { return fail("name one chat: /load NUMBER, or /load FILE") }
      return list(known)
    }
    let path: String
    if let number = Int(word) {
      guard known.indices.contains(number - 1) else {
        return fail("there is no chat \(number); /load lists them")
      }
      path = known[number - 1]
    } else {
      path = TypedPath.path(word)
    }
    let status = StatusLine()
    let result = Interrupts.abandonable(
      afterHalfSecond: { status.show("reading \(path)") }
    ) { [input] in Result { try RestoredChat(file: path, read: input.read) } }
    status.clear()
    guard let restored = try result?.get() else {
      return StandardError.say("\nStopped; the chat stays as it was.")
    }
    log = restored.log
    waiting = []
    beginFile()
    for problem in restored.problems { StandardError.say("internvl: \(problem)") }
    sayWhatIsThere()
  }

  private func list(_ known: [String]) {
    guard !known.isEmpty else { return StandardError.say("No chats are kept.") }
    var table = Table([("NUMBER", .right), ("QUESTION", .left), ("FILE", .left)])
    for (index, path) in known.prefix(10).enumerated() {
      let question = (try? ChatDocument(file: path))?.messages.first { $0.role == "user" }
      let line = question?.content.text.split(separator: "\n").first.map(String.init) ?? ""
      table.append(["\(index + 1)", Cells.prefix(line, 50), path])
    }
    StandardError.say(table.text)
  }
}

extension ChatDocument {
  /// Reads a chat's file.
  ///
  /// - Throws: `FileError`, and `CommandError.notJSON`.
  init(file path: String) throws {
    let bytes = try OpenFile(reading: path).readToEnd(limit: ChatDocument.sizeLimit)
    do {
      try self.init(json: Data(bytes))
    } catch {
      throw CommandError.notJSON(name: "'\(path)'", expected: "a chat")
    }
  }
}
