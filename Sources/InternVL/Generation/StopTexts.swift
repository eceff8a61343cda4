/// Cuts text that arrives in pieces before the first of some stop texts.
///
/// Of several, the one that ends first counts; of those that end at the same place, the longest. So
/// the result does not depend on how the text was cut into pieces.
struct StopTexts {
  private let stops: [[UInt8]]
  /// The end of the text, which may begin a stop text.
  private var held: [UInt8] = []
  /// Whether one has come.
  private(set) var isFound = false

  init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

  /// Takes a piece of whole characters; returns the text that is certain not to begin a stop text.
  mutating func append(_ piece: String) -> String {
    guard !isFound else { return "" }
    if stops.isEmpty { return piece }
    for byte in piece.utf8 {
      held.append(byte)
      guard let length = stops.filter({ held.ends(with: $0) }).map(\.count).max() else { continue }
      isFound = true
      return release(held.count - length)
    }
    return release(held.count - tailLength)
  }

  /// Returns what is left when nothing follows.
  mutating func finish() -> String { isFound ? "" : release(held.count) }

  /// The length of the longest tail that a stop text begins with.
  private var tailLength: Int {
    let longest = min(held.count, (stops.map(\.count).max() ?? 1) - 1)
    for length in stride(from: longest, to: 0, by: -1) {
      let tail = held.suffix(length)
      if stops.contains(where: { $0.starts(with: tail) }) { return length }
    }
    return 0
  }

  private mutating func release(_ count: Int) -> String {
    // Stop texts begin where a character does, so that what goes is whole characters.
    let text = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    return text
  }
}

extension [UInt8] {
  fileprivate func ends(with other: [UInt8]) -> Bool {
    suffix(other.count).elementsEqual(other)
  }
}
