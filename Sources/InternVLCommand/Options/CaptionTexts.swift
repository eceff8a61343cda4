import ArgumentParser
import Captioning
import Foundation

/// What pictures are asked, and what is done to the answers.
struct CaptionTexts: ParsableArguments {
  static let usualPrompt = "Describe the image in one sentence."

  @Option(
    name: .shortAndLong, parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      What to ask; tags=... puts the answer into a field 'tags', and several prompts fill several \
      fields. {name}, {stem}, {folder}, {existing}, {width} and {height} are replaced. (default: \
      \(usualPrompt))
      """, valueName: "text"))
  var prompt: [String] = []

  @Option(
    help: ArgumentHelp(
      "Reads a prompt from a file; tags=FILE for a field 'tags'. Repeatable.", valueName: "file"),
    completion: .file())
  var promptFile: [String] = []

  @Option(help: ArgumentHelp("Replaces the model's system message.", valueName: "text"))
  var system: String?

  @Option(help: ArgumentHelp("Goes in front of each answer.", valueName: "text"))
  var prefix = ""

  @Option(help: ArgumentHelp("Goes behind each answer.", valueName: "text"))
  var suffix = ""

  @Flag(help: "Makes one space of each run of white space in an answer.")
  var collapseWhitespace = false

  var style: TextStyle {
    TextStyle(prefix: prefix, suffix: suffix, collapsesWhitespace: collapseWhitespace)
  }

  /// The files with prompts.
  var files: [String] { promptFile.map { CaptionPrompt.split($0).rest } }

  /// The prompts in the order of the options, those from files last.
  func prompts() throws -> [CaptionPrompt] {
    var prompts: [CaptionPrompt] = []
    for text in prompt { prompts.append(try CaptionPrompt(argument: text)) }
    for argument in promptFile {
      let (field, path) = CaptionPrompt.split(argument)
      let text = try TextInput.file(path).trimmed
      prompts.append(try CaptionPrompt(field: field ?? CaptionPrompt.usualField, text: text))
    }
    if prompts.isEmpty { prompts = [try CaptionPrompt(argument: Self.usualPrompt)] }
    for (index, prompt) in prompts.enumerated() {
      guard !prompt.template.text.isEmpty else { throw CommandError.emptyPrompt }
      guard
        prompt.template.text.split(separator: "<image>", omittingEmptySubsequences: false).count
          <= 2
      else {
        throw CommandError.severalPlaceholders
      }
      guard !prompts[..<index].contains(where: { $0.field == prompt.field }) else {
        throw CaptioningError.repeatedField(prompt.field)
      }
    }
    return prompts
  }
}
