import ArgumentParser
import Foundation

/// A command as the parser knows it: its subcommands, and the options and words that it takes.
struct CommandTree: Decodable {
  let commandName: String
  private let subcommands: [CommandTree]?
  private let arguments: [Argument]?

  /// An option, a flag or a word of a command.
  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }
    struct Name: Decodable {
      let kind: String, name: String

      /// The name with its dashes.
      var spelling: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: Kind
    let isRepeating: Bool
    let parsingStrategy: String
    let names: [Name]?
    let valueName: String?
    private let abstract: String?
    private let defaultValue: String?

    /// The value that it has without being given, in words; nil where it has none.
    var defaultText: String? {
      if let defaultValue { return defaultValue }
      guard let text = abstract?.firstMatch(of: /\(default: (.*)\)/)?.1 else {
        return kind == .flag ? "off" : nil
      }
      return String(text)
    }

    /// Whether its value is the next argument, whatever that looks like.
    var takesAnything: Bool { parsingStrategy == "unconditional" }
    var longName: String? { names?.map(\.spelling).first { $0.hasPrefix("--") } }
  }

  /// The whole program.
  static func program() throws -> CommandTree {
    struct Dump: Decodable { let command: CommandTree }
    return try JSONDecoder().decode(Dump.self, from: Data(InternVLCommand._dumpHelp().utf8)).command
  }

  var commands: [CommandTree] { subcommands ?? [] }
  /// Whether it takes words that are no options.
  var takesWords: Bool { arguments?.contains { $0.kind == .positional } ?? false }
  /// Whether the words name models.
  var takesModels: Bool {
    arguments?.contains {
      $0.kind == .positional && ["model", "models"].contains($0.valueName)
    } ?? false
  }
  /// The names of its options and flags that begin with two dashes.
  var longNames: [String] {
    options.flatMap { $0.names ?? [] }.map(\.spelling).filter { $0.hasPrefix("--") }
  }

  /// The option or flag with this name, dashes included.
  func option(_ name: String) -> Argument? {
    options.first { $0.names?.contains { $0.spelling == name } ?? false }
  }

  private var options: [Argument] { arguments?.filter { $0.kind != .positional } ?? [] }
}
