import Files

/// A share of the pictures, which other processes or machines have the others of.
///
/// Which shard a picture belongs to follows from its name alone, so that a picture stays where it was when
/// others are added.
package struct Shard: Sendable, Equatable {
  /// From 1 to `count`.
  package let number: Int
  package let count: Int

  /// Nil unless the number is from 1 to `count`.
  package init?(number: Int, of count: Int) {
    guard count >= 1, (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }

  func contains(_ item: CaptionItem) -> Bool { Self.hash(item.name) % UInt64(count) == number - 1 }

  /// The pictures of the shard, in their order.
  package func items(of items: [CaptionItem]) -> [CaptionItem] { items.filter(contains) }

  /// FNV-1a, 64 bits.
  private static func hash(_ name: ExactText) -> UInt64 {
    name.string.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The shard's own file in place of `path`: `captions.jsonl` becomes `captions-2-of-4.jsonl`.
  package func file(of path: String) -> String {
    path.insertingBeforePathEnding("-\(number)-of-\(count)")
  }

  /// The shard that a file's name tells; nil where it tells none.
  package init?(file path: String) {
    guard
      let match = path.lastPathPart.withoutPathEnding.firstMatch(of: /-(\d+)-of-(\d+)$/),
      let number = Int(match.1), let count = Int(match.2)
    else { return nil }
    self.init(number: number, of: count)
  }
}
