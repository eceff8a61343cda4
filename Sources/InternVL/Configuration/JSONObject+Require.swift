import JSON

extension JSONObject {
  /// A string that must be one of those the code implements.
  func require(
    _ key: String, equals supported: String, whenAbsent isOptional: Bool = false
  ) throws(JSONError) {
    let value = try optionalString(key)
    if value == nil, isOptional { return }
    guard value == supported else { throw invalid(key, expected: supported) }
  }

  /// The first of a list of class names, which must be one that the code implements.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(JSONError) -> Choice {
    guard let choice = try optionalStrings(key)?.first.flatMap(Choice.init) else {
      throw invalid(key, expected: Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }
}
