import ArgumentParser
import Foundation
import Models
import Registry
import Tokenizers

/// `internvl inspect tokens`: text to token ids and back.
struct InspectTokensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens",
    abstract: "Turns a JSON list of texts into lists of token ids, or back.",
    discussion: """
      Example: echo '["A cat."]' | internvl inspect tokens --model-path FOLDER
      """)

  @Option(
    help: ArgumentHelp(
      "A folder with tokenizer files, without weights if need be; or a model that is here.",
      valueName: "folder"), completion: .directory)
  var modelPath: String

  @Argument(
    help:
      "A JSON file: a list of texts, or with --decode of lists of ids. (default: standard input)",
    completion: .file())
  var file: String?

  @Flag(help: "Turns lists of ids into texts.")
  var decode = false

  @Flag(help: "With --decode, leaves special tokens out.")
  var skipSpecial = false

  @Flag(help: "Prints the list on one line.")
  var json = false

  func validate() throws {
    if skipSpecial, !decode { throw ValidationError("--skip-special needs --decode.") }
  }

  func run() throws {
    let folder = try ModelCatalog(Registry.builtIn()).folder(named: modelPath)
    let tokenizer = try loadTokenizer(folder: URL(filePath: folder))
    let input = try file.map(TextInput.file) ?? TextInput.standardInput()
    if decode {
      let lists: [[Int32]] = try parse(input, expected: "a list of lists of token ids")
      try write(lists.map { tokenizer.decode($0, skippingSpecial: skipSpecial) })
    } else {
      let texts: [String] = try parse(input, expected: "a list of texts")
      try write(texts.map(tokenizer.encode))
    }
  }

  private func parse<Value: Decodable>(
    _ text: String, expected: String
  ) throws(CommandError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw .notJSON(name: file.map { "'\($0)'" } ?? "standard input", expected: expected)
    }
  }

  /// Writes a JSON list; without `--json` with a line for each item.
  private func write(_ items: [some Encodable]) throws {
    guard !json else { return try StandardOutput.write(json: items) }
    let lines = try items.map { try JSONText.line($0).dropLast() }
    try StandardOutput.write("[" + lines.joined(separator: ",\n ") + "]\n")
  }
}
