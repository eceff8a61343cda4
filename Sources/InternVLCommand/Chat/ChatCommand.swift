/// A command of the chat, typed behind a slash.
enum ChatCommand: String, CaseIterable {
  case image, images, again, undo, edit, system, set, show, context, save, load, clear, help, exit

  /// The command with this name, without its slash.
  init?(name: some StringProtocol) {
    switch name.lowercased() {
    case "?": self = .help
    case "quit", "bye": self = .exit
    case let name: self.init(rawValue: name)
    }
  }

  /// What stands behind the command.
  private var argument: String {
    switch self {
    case .image: " PATH… [QUESTION]"
    case .images: " [drop NUMBER]"
    case .system: " [TEXT]"
    case .set: " NAME VALUE"
    case .save: " FILE"
    case .load: " [NUMBER | FILE]"
    case .again, .undo, .edit, .show, .context, .clear, .help, .exit: ""
    }
  }

  private var meaning: String {
    switch self {
    case .image: "adds pictures to the next question, or asks it at once"
    case .images: "lists the pictures; drop takes one from the next question"
    case .again: "answers the last question anew"
    case .undo: "takes the last question back"
    case .edit: "writes the last question anew in $EDITOR"
    case .system: "replaces the system message, or shows it"
    case .set: "changes how answers are generated, such as temperature 0.7"
    case .show: "shows what /set changes"
    case .context: "says how many tokens are used and left"
    case .save: "writes the chat: .md as Markdown, else as JSON for --messages"
    case .load: "goes on with a saved chat; lists the latest without a name"
    case .clear: "begins a new conversation"
    case .help: "shows this; /? too"
    case .exit: "leaves, as Ctrl-D, exit and quit do"
    }
  }

  static var helpText: String {
    let rows = allCases.map { ("/\($0.rawValue)\($0.argument)", $0.meaning) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { usage, meaning in
      usage + String(repeating: " ", count: width - usage.count + 2) + meaning + "\n"
    }.joined() + """

      A picture's path in a question, typed, pasted or dropped, adds the picture.
      Pictures stand where the question says <image>, otherwise in front.
      Alt-Enter begins a new line; pasted lines, and those between two \"\"\", are one question.
      Ctrl-C stops an answer and keeps it. Tab completes commands and paths.
      """
  }
}
