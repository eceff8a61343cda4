package import Files
package import JSON

/// Why a registry file is not usable, or a request names no spec.
package enum RegistryError: Error, Equatable {
  /// The file cannot be read.
  case unreadable(FileError)
  /// The file is not JSON, or says what it should not.
  case invalid(JSONError)
  /// No family or spec has this name.
  case unknownName(String, known: [String])
  /// The family exists, but not in the wanted combination; `specs` are its rows that come
  /// closest, or all.
  case noSuchSpec(family: String, wanted: String, specs: [String])
  /// A name whose parts exclude each other.
  case contradiction(String, specs: [String])
  /// A name of another model than the rest of the request asks for.
  case disagreement(String, specs: [String])
}

extension RegistryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let error):
      "cannot read the registry '\(error.path)': \(error.reason)"
    case .invalid(let error):
      "the registry '\(error.file)' is not valid: \(error.problem)"
    case .unknownName(let name, let known):
      "there is no model '\(name)'; "
        + (NearestName.of(name, among: known, allowsMoreWords: true).map {
          "did you mean \($0)? There are:\n"
        }
          ?? "there are:\n")
        + Self.lines(known)
    case .noSuchSpec(let family, let wanted, let specs):
      "\(family) has no \(wanted); there are:\n" + Self.lines(specs)
    case .contradiction(let name, let specs):
      "'\(name)' contradicts itself; there are:\n" + Self.lines(specs)
    case .disagreement(let name, let specs):
      "'\(name)' and the rest of the request name different models; there are:\n"
        + Self.lines(specs)
    }
  }

  /// Whether the request is wrong, rather than a file.
  package var isUsageError: Bool {
    switch self {
    case .unreadable, .invalid: false
    case .unknownName, .noSuchSpec, .contradiction, .disagreement: true
    }
  }

  private static func lines(_ items: [String]) -> String {
    items.map { "  " + $0 }.joined(separator: "\n")
  }
}
