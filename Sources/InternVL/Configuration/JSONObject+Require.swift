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
  @discardableResult
  func require(_ key: String, oneOf supported: [String]) throws(JSONError) -> String {
    guard let name = try optionalStrings(key)?.first, supported.contains(name) else {
      throw invalid(key, expected: supported.joined(separator: ", "))
    }
    return name
  }
}
