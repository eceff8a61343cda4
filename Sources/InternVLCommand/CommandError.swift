/// What can go wrong in a command itself.
enum CommandError: Error, Equatable {
  /// The command line asks for something that makes no sense.
  case usage(String)
  /// A file could not be read or written; `reason` is the system's sentence.
  case file(path: String, reason: String)
  /// A text file is not UTF-8; `offset` is the first byte that is not.
  case notUTF8(name: String, offset: Int)
  /// A model is not in the caches.
  case notInCaches(String)
  /// So many files of the caches are damaged or missing, as was already said.
  case damagedFiles(Int)
  /// The user did not confirm that something is to be removed.
  case notConfirmed
  /// A text is not JSON of the form that was expected.
  case notJSON(name: String, expected: String)
  /// Line editing cannot be set up.
  case noLineEditor
  /// Ctrl-C.
  case interrupted
}

extension CommandError: CustomStringConvertible {
  var description: String {
    switch self {
    case .usage(let sentence): sentence
    case .file(let path, let reason): "cannot use '\(path)': \(reason)"
    case .notUTF8(let name, let offset):
      "\(name) is not UTF-8 text (byte \(offset)); convert it, for example with iconv"
    case .notInCaches(let model): "'\(model)' is not in the caches; see 'internvl cache list'"
    case .damagedFiles(let count):
      "\(Units.count(count, "file")) damaged or missing; run 'internvl cache repair', then "
        + "'internvl pull' or 'internvl launch'"
    case .notConfirmed: "nothing was removed"
    case .notJSON(let name, let expected): "\(name) is not JSON with \(expected)"
    case .noLineEditor: "the terminal cannot be used for line editing"
    case .interrupted: "interrupted"
    }
  }
}
