import FoundationEssentials

extension RegistryError {
  /// Turns what the JSON decoder says into the entry and the key that are wrong.
  static func invalid(decodingError: DecodingError, json: Data, file: String) -> RegistryError {
    switch decodingError {
    case .keyNotFound(let key, let context):
      .invalid(
        file: file, entry: entry(context.codingPath, json: json),
        problem: "key '\(key.stringValue)': is missing")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      .invalid(
        file: file, entry: entry(context.codingPath.dropLast(), json: json),
        problem: "\(place(context.codingPath.last)): must be \(words(type))")
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      .invalid(
        file: file, entry: "the file",
        problem:
          "is not JSON (\(context.underlyingError.map { "\($0)" } ?? context.debugDescription))")
    case .dataCorrupted(let context):
      .invalid(
        file: file, entry: entry(context.codingPath.dropLast(), json: json),
        problem: "\(place(context.codingPath.last)): \(context.debugDescription)")
    @unknown default:
      .invalid(file: file, entry: "the file", problem: "\(decodingError)")
    }
  }

  /// "family 'Mine', specs[2]" from a coding path; the family's name where it has one.
  private static func entry(_ path: some Collection<any CodingKey>, json: Data) -> String {
    var parts: [String] = []
    for key in path {
      if let index = key.intValue, let container = parts.popLast() {
        let name = container == "families" ? familyName(index, json: json) : nil
        parts.append(name.map { "family '\($0)'" } ?? "\(container)[\(index)]")
      } else {
        parts.append(key.stringValue)
      }
    }
    return parts.isEmpty ? "the file" : parts.joined(separator: ", ")
  }

  private static func place(_ key: (any CodingKey)?) -> String {
    guard let key else { return "the value" }
    return key.intValue.map { "item \($0)" } ?? "key '\(key.stringValue)'"
  }

  private static func words(_ type: any Any.Type) -> String {
    switch type {
    case is Int.Type: "a whole number"
    case is Double.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "a text"
    case is any ArrayLike.Type: "a list"
    default: "an object"
    }
  }

  /// The name of the family at an index, read on its own because the rest of the file is faulty.
  private static func familyName(_ index: Int, json: Data) -> String? {
    struct Names: Decodable {
      struct Name: Decodable { let name: String? }
      let families: [Name]
    }
    guard let families = try? JSONDecoder().decode(Names.self, from: json).families,
      families.indices.contains(index)
    else { return nil }
    return families[index].name
  }
}

/// What the JSON decoder names when a list was expected.
private protocol ArrayLike {}
extension Array: ArrayLike {}
