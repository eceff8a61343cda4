import Files
import Foundation
import Registry

/// The user's own defaults for options, from a file.
///
/// They stand in front of what is typed, so that an option of the command line wins.
struct Defaults {
  /// A value as the file has it.
  enum Value: Equatable {
    case text(String)
    case flag(Bool)
  }

  /// A default as an argument of a command.
  struct Argument: Equatable {
    let name: String
    let text: String
  }

  /// Where a default comes from.
  enum Source: Equatable {
    case environment(variable: String)
    case file
    case builtIn
  }

  /// What may have a default: options by their long names, and the model.
  static let names = [
    "model", "hub", "context-length", "threads", "precision", "max-tokens", "temperature", "top-p",
    "top-k", "min-p", "repetition-penalty", "max-tiles", "parallel", "ignore-orientation", "plain",
    "no-history", "yes",
  ]

  /// The commands that take defaults.
  private static let commands: Set = ["launch", "serve", "batch", "caption", "pull"]

  /// Variables of the environment, which win over the file.
  private static let variables = ["hub": "XINFERENCE_MODEL_SRC"]

  /// The file, for messages about what it says.
  let file: String
  private let values: [String: Value]
  private let environment: [String: String]

  init(
    _ values: [String: Value] = [:], file: String = "", environment: [String: String] = [:]
  ) {
    self.values = values
    self.file = file
    self.environment = environment
  }

  /// Reads a file of one JSON object; one that is missing has no defaults.
  ///
  /// - Throws: `WordError.badDefaults`.
  init(file: String, environment: [String: String]) throws(WordError) {
    self.init(
      FileSystem.kind(of: file) == nil ? [:] : try Self.values(in: file), file: file,
      environment: environment)
  }

  private static func values(in file: String) throws(WordError) -> [String: Value] {
    let values: [String: Value]
    do {
      let bytes = try OpenFile(reading: file).readToEnd(limit: 1 << 20)
      values = try JSONDecoder().decode([String: Value].self, from: Data(bytes))
    } catch let error as FileError {
      throw .badDefaults(file: file, .unreadable(error.reason))
    } catch let error as DecodingError {
      guard let name = error.name else { throw .badDefaults(file: file, .notObject) }
      throw .badDefaults(
        file: file, .wrong(name, reason: "it takes a text, a number, true or false"))
    } catch {
      throw .badDefaults(file: file, .notObject)
    }
    for name in values.keys.sorted() where !names.contains(name) {
      throw .badDefaults(
        file: file, .unknown(name, suggestion: NearestName.of(name, among: names)))
    }
    return values
  }

  /// What a command is given in front of what was typed, in which a model may be named.
  ///
  /// - Throws: `WordError.badDefaults`.
  func arguments(for command: CommandTree, namesModel: Bool) throws(WordError) -> [Argument] {
    guard Self.commands.contains(command.commandName) else { return [] }
    var arguments: [Argument] = []
    for name in Self.names where source(of: name) == .file && (name != "model" || !namesModel) {
      let option = Self.option(name)
      switch (command.option(option)?.kind, values[name]) {
      case (.option, .text(let text)):
        arguments.append(Argument(name: name, text: "\(option)=\(text)"))
      case (.flag, .flag(let isSet)):
        if isSet { arguments.append(Argument(name: name, text: option)) }
      case (.option, .flag): throw wrong(name, "it takes a text or a number")
      case (.flag, .text): throw wrong(name, "it takes true or false")
      default: break
      }
    }
    return arguments
  }

  /// The error for a default that makes no sense.
  func wrong(_ name: String, _ reason: String) -> WordError {
    .badDefaults(file: file, .wrong(name, reason: reason))
  }

  /// The option that a name stands for.
  private static func option(_ name: String) -> String {
    name == "model" ? "--model-name" : "--\(name)"
  }

  // MARK: - What is shown

  func source(of name: String) -> Source {
    if let variable = Self.variables[name], environment[variable]?.isEmpty == false {
      .environment(variable: variable)
    } else {
      values[name] == nil ? .builtIn : .file
    }
  }

  /// The value that holds where no option is given, in words; `program` knows what is built in.
  func text(of name: String, in program: CommandTree) -> String {
    switch source(of: name) {
    case .environment(let variable): environment[variable] ?? ""
    case .file: values[name]?.text ?? ""
    case .builtIn:
      program.commands.lazy.filter { Self.commands.contains($0.commandName) }
        .compactMap { $0.option(Self.option(name)) }.first?.defaultText ?? ""
    }
  }
}

extension Defaults.Value: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let isSet = try? container.decode(Bool.self) {
      self = .flag(isSet)
    } else if let number = try? container.decode(Int.self) {
      self = .text("\(number)")
    } else if let number = try? container.decode(Double.self) {
      self = .text("\(number)")
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  fileprivate var text: String {
    switch self {
    case .text(let text): text
    case .flag(let isSet): isSet ? "on" : "off"
    }
  }
}

extension DecodingError {
  /// The name in the outermost object whose value is wrong; nil where there is no such object.
  fileprivate var name: String? {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath.first?.stringValue
    @unknown default: nil
    }
  }
}
