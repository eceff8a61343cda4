import Files

/// A word of the command line, or of the user's defaults, that means nothing here.
enum WordError: Error, Equatable {
  /// Why a file of defaults cannot be used.
  enum DefaultsFault: Error, Equatable {
    case unreadable(FileError.Reason)
    case notObject
    /// It has a name that no default has; nil where nothing similar exists.
    case unknown(String, suggestion: String?)
    /// One of its values cannot be what it stands for.
    case wrong(String, reason: String)
  }

  /// There is no such subcommand; nil where nothing similar exists.
  case unknownCommand(String, suggestion: String?)
  /// Another program's subcommand, and what there is here.
  case foreignCommand(String, advice: String)
  /// There is no such option; nil where nothing similar exists.
  case unknownOption(String, suggestion: String?)
  /// Another program's option, with a value that cannot be honoured.
  case refused(option: String, reason: String)
  /// Another program's option, without the value that it takes.
  case missingValue(option: String)
  case badDefaults(file: String, DefaultsFault)
  /// A file or folder was given as a model's name.
  case pathAsModel(String, isFolder: Bool)
  /// A model that has to be on this machine is not.
  case notHere(model: String)
}

extension WordError {
  /// Whether the command line is wrong, rather than the machine short of a model.
  var isUsageError: Bool {
    if case .notHere = self { false } else { true }
  }
}

extension WordError: CustomStringConvertible {
  var description: String {
    switch self {
    case .unknownCommand(let word, let suggestion):
      "there is no command '\(word)'" + Self.question(suggestion)
    case .foreignCommand(let word, let advice): "there is no command '\(word)'; \(advice)"
    case .unknownOption(let name, let suggestion):
      "unknown option '\(name)'" + Self.question(suggestion)
    case .refused(let option, let reason): "\(option): \(reason)"
    case .missingValue(let option): "missing value for '\(option)'"
    case .badDefaults(let file, .unreadable(let reason)): "cannot read '\(file)': \(reason)"
    case .badDefaults(let file, .notObject):
      "'\(file)' is no JSON object of settings and their values"
    case .badDefaults(let file, .unknown(let name, let suggestion)):
      "'\(file)' has no use for '\(name)'" + Self.question(suggestion)
    case .badDefaults(let file, .wrong(let name, let reason)):
      "'\(file)' has a wrong value for '\(name)': \(reason)"
    case .pathAsModel(let path, true):
      "'\(path)' is a folder; name a checkpoint's folder with --model-path"
    case .pathAsModel(let path, false) where path.lowercased().hasSuffix(".gguf"):
      "'\(path)' is a GGUF file, which is not read; name the model's checkpoint in safetensors"
    case .pathAsModel(let path, false): "'\(path)' is a file; name a picture with --image"
    case .notHere(let model):
      "\(model) is not on this machine; download it with 'internvl pull \(model)'"
    }
  }

  private static func question(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean '\($0)'?" } ?? ""
  }
}
