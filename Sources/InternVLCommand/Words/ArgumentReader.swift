import Foundation
import Registry

/// Turns the command line as people write it into what the parser takes.
///
/// That is: `--model_name` for `--model-name`, words of other programs (`ForeignWords`), a value that
/// begins with a dash and is no option (`-p "- item"`), several files after one `--image`, and the user's
/// own defaults in front. What means nothing is refused with a guess at what was meant.
struct ArgumentReader {
  /// What was written, in the parser's words.
  private var words: [String] = []
  /// How many of them name the command, behind which the defaults stand.
  private var commandCount = 0
  /// The user's own defaults, and the arguments that they are for this command.
  private(set) var defaults = Defaults()
  private(set) var defaultArguments: [Defaults.Argument] = []
  /// What the user should know about words that change nothing.
  private(set) var notes: [String] = []

  private var rest: ArraySlice<String>
  private var command: CommandTree
  /// Whether the words that follow may be further pictures.
  private var isAfterPicture = false
  /// Whether a model is named, by an option or a word.
  private var namesModel = false
  /// Whether the parser answers, with help or the version: defaults play no part in that.
  private var asksParser = false

  /// What the parser is given.
  var arguments: [String] { arguments(with: defaultArguments) }

  /// What it would be given if these were the defaults.
  func arguments(with defaults: [Defaults.Argument]) -> [String] {
    words[..<commandCount] + defaults.map(\.text) + words[commandCount...]
  }

  /// Reads what was written; `defaults` are asked for once the command is known.
  init(
    _ written: [String], program: CommandTree,
    defaults: () throws(WordError) -> Defaults = { () throws(WordError) in Defaults() }
  ) throws(WordError) {
    rest = written[...]
    command = program
    // The parser's own doors, for shells that complete a line.
    guard written.first?.hasPrefix("---") != true else {
      words = written
      return
    }
    try readCommand()
    commandCount = words.count
    while let word = rest.popFirst() {
      if word == "--" {
        words += [word] + rest
        rest = []
      } else if word.hasPrefix("-"), word.count > 1 {
        isAfterPicture = false
        try readOption(word)
      } else {
        read(word: word)
      }
    }
    guard command.commands.isEmpty, !asksParser else { return }
    self.defaults = try defaults()
    defaultArguments = try self.defaults.arguments(for: command, namesModel: namesModel)
  }

  // MARK: - Commands

  private mutating func readCommand() throws(WordError) {
    let root = command.commandName
    while let word = rest.first, !word.hasPrefix("-"), !command.commands.isEmpty {
      guard let next = command.commands.first(where: { $0.commandName == word }) else {
        if command.takesWords { return }
        if command.commandName == root, let advice = ForeignWords.command(word) {
          throw .foreignCommand(word, advice: advice)
        }
        let names = command.commands.map(\.commandName)
        throw .unknownCommand(word, suggestion: NearestName.of(word, among: names))
      }
      words.append(word)
      rest.removeFirst()
      command = next
    }
  }

  // MARK: - Options

  /// What the parser answers itself, and does not list.
  private static let parserNames: Set = [
    "--help-hidden", "--experimental-dump-help", "--generate-completion-script",
  ]

  /// What the parser answers itself, and lists.
  private static let listedParserNames: Set = ["--help", "-h", "--version"]

  private mutating func readOption(_ word: String) throws(WordError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts.count > 1 ? String(parts[1]) : nil
    let name = Self.dashed(String(parts[0]))
    if Self.listedParserNames.union(Self.parserNames).contains(name) { asksParser = true }
    if let option = command.option(name) {
      read(option, name: name, value: value)
    } else if command.option("--model-name") != nil, let foreign = ForeignWords.option(name) {
      try read(foreign, name: name, value: value)
    } else if Self.parserNames.contains(name) {
      words.append(word)
    } else if name.hasPrefix("--") {
      throw .unknownOption(
        String(parts[0]),
        suggestion: NearestName.of(
          String(name.dropFirst(2)), among: command.longNames.map { String($0.dropFirst(2)) }
        ).map { "--\($0)" })
    } else {
      words.append(word)  // short options, perhaps joined: the parser knows
    }
  }

  /// `--model_name` as `--model-name`.
  private static func dashed(_ name: String) -> String {
    name.hasPrefix("--") ? name.replacing("_", with: "-") : name
  }

  /// The options that say which model is meant.
  private static let modelNames: Set = [
    "--model-name", "--size-in-billions", "--model-format", "--quantization", "--model-path",
  ]

  private mutating func read(_ option: CommandTree.Argument, name: String, value: String?) {
    if let name = option.longName, Self.modelNames.contains(name) { namesModel = true }
    guard option.kind == .option, value == nil else {
      words.append(value.map { "\(name)=\($0)" } ?? name)
      isAfterPicture = option.longName == "--image"
      return
    }
    let next = rest.first
    if let next, option.takesAnything || !next.hasPrefix("-") || next == "-" {
      words += [name, next]
    } else if let next, !Self.looksLikeOption(next), let long = option.longName {
      words.append("\(long)=\(next)")
    } else {
      words.append(name)  // without its value: the parser says so
      return
    }
    rest.removeFirst()
    isAfterPicture = option.longName == "--image"
  }

  /// Whether a word that begins with a dash can be an option's name: `-p`, `--size`, `--size=8`.
  private static func looksLikeOption(_ word: String) -> Bool {
    word.wholeMatch(of: /--?[A-Za-z][\w-]*(=[\s\S]*)?/) != nil
  }

  private mutating func read(
    _ foreign: ForeignWords.Option, name: String, value: String?
  ) throws(WordError) {
    switch foreign {
    case .same(let own):
      if let option = command.option(own) {
        read(option, name: own, value: value)
      } else if let foreign = ForeignWords.option(own) {
        try read(foreign, name: name, value: value)
      } else {
        throw .unknownOption(name, suggestion: nil)
      }
    case .value(let values):
      guard let value = value ?? rest.popFirst() else { throw .missingValue(option: name) }
      if let note = try values.judge(value, of: name), !notes.contains(note) { notes.append(note) }
    }
  }

  // MARK: - Words

  private mutating func read(word: String) {
    isAfterPicture = isAfterPicture && TypedPath.looksLikeFile(word)
    if !isAfterPicture, command.takesModels { namesModel = true }
    words += isAfterPicture ? ["--image", word] : [word]
  }
}
