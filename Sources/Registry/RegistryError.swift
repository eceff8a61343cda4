/// Why a registry file is not usable, or a request names no spec.
package enum RegistryError: Error, Equatable {
  /// The file could not be read.
  case unreadable(file: String, reason: String)
  /// An entry of a file is wrong; `entry` says which, `problem` what is wrong with which key.
  case invalid(file: String, entry: String, problem: String)
  /// No family or spec has this name.
  case unknownName(String, known: [String])
  /// The family exists, but not in the wanted combination; `specs` are its rows that come
  /// closest, or all.
  case noSuchSpec(family: String, wanted: String, specs: [String])
  /// Two parts of the request exclude each other.
  case contradiction(String, specs: [String])
}

extension RegistryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "cannot read the registry '\(file)': \(reason)"
    case .invalid(let file, let entry, let problem):
      "the registry '\(file)' is not valid: \(entry): \(problem)"
    case .unknownName(let name, let known):
      "there is no model '\(name)'; there are:\n" + Self.lines(known)
    case .noSuchSpec(let family, let wanted, let specs):
      "\(family) has no \(wanted); there are:\n" + Self.lines(specs)
    case .contradiction(let problem, let specs):
      "\(problem); there are:\n" + Self.lines(specs)
    }
  }

  /// Whether the request is wrong, rather than a file.
  package var isUsageError: Bool {
    switch self {
    case .unreadable, .invalid: false
    case .unknownName, .noSuchSpec, .contradiction: true
    }
  }

  private static func lines(_ items: [String]) -> String {
    items.map { "  " + $0 }.joined(separator: "\n")
  }
}
