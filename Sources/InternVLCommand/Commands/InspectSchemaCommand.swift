import ArgumentParser
import Foundation
import InternVL
import Tokenizers

/// `internvl inspect schema`: whether a schema can be used, and what answers it allows.
struct InspectSchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Checks a schema for --schema, and draws answers that it allows.",
    discussion: """
      The answers are made of the tokens of a tokenizer, drawn at random: no model is needed.

      Example: internvl inspect schema 'title, tags[]' --model-path FOLDER
      """)

  @Argument(
    help: "A file with a JSON Schema, the schema itself, or fields: 'title, tags[]'.",
    completion: .file())
  var schema: String

  @Option(
    help: ArgumentHelp(
      "A folder with tokenizer files, for answers; weights are not needed.", valueName: "folder"),
    completion: .directory)
  var modelPath: String?

  @Option(
    help: ArgumentHelp(
      "A file with a JSON value a line: prints true or false for each, whether it could be an answer.",
      valueName: "file"), completion: .file())
  var values: String?

  @Option(help: ArgumentHelp("How many answers to draw.", valueName: "count"))
  var samples = 3

  @Option(help: ArgumentHelp("Largest length of an answer.", valueName: "tokens"))
  var maxTokens = 100

  @Option(help: ArgumentHelp("The same seed draws the same answers.", valueName: "number"))
  var seed: UInt64 = 0

  @Flag(help: "Prints each answer as a JSON object with its text and its token ids.")
  var json = false

  /// An answer with `--json`.
  private struct Sample: Encodable {
    let text: String
    let tokenIDs: [Int32]

    enum CodingKeys: String, CodingKey {
      case text
      case tokenIDs = "token_ids"
    }
  }

  func validate() throws {
    try check("--samples", samples, in: 0...(1 << 20))
    try check("--max-tokens", maxTokens, in: 1...(1 << 20))
  }

  func run() throws {
    let shape = try OutputShape(argument: schema)
    for line in try values.map(TextInput.file)?.split(separator: "\n") ?? [] {
      try StandardOutput.write("\(shape.allows(Data(line.utf8)) ?? false)\n")
    }
    guard let modelPath else { return }
    let tokenizer = try loadTokenizer(folder: URL(filePath: modelPath))
    for text in try shape.samples(samples, maxTokens: maxTokens, seed: seed, tokenizer: tokenizer) {
      if json {
        let sample = Sample(
          text: tokenizer.decode(text, skippingSpecial: true), tokenIDs: text)
        try StandardOutput.write(json: sample)
      } else {
        try StandardOutput.write(tokenizer.decode(text, skippingSpecial: true) + "\n")
      }
    }
  }
}
