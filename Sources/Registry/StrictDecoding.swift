/// A key of a JSON object, whatever its name.
struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// Throws when the object has a key that is not in `known`: a misspelt key must not be ignored
  /// silently.
  func refuseUnknownKeys<Key: CodingKey & CaseIterable>(_ known: Key.Type) throws {
    let names = Set(Key.allCases.map(\.stringValue))
    let container = try container(keyedBy: AnyKey.self)
    guard
      let unknown = container.allKeys.filter({ !names.contains($0.stringValue) })
        .min(by: { $0.stringValue < $1.stringValue })
    else { return }
    throw DecodingError.dataCorruptedError(
      forKey: unknown, in: container,
      debugDescription: "is not known; the known keys are "
        + names.sorted().joined(separator: ", "))
  }
}

extension KeyedDecodingContainer {
  /// A whole number in `range`.
  func decodeCount(_ key: Key, in range: ClosedRange<Int> = 1...(1 << 24)) throws -> Int {
    let value = try decode(Int.self, forKey: key)
    guard range.contains(value) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self,
        debugDescription: "is \(value), but must be from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return value
  }

  /// A text that is not empty.
  func decodeText(_ key: Key) throws -> String {
    let value = try decode(String.self, forKey: key)
    guard !value.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "is empty")
    }
    return value
  }
}
