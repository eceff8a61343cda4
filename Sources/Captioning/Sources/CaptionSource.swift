/// Where pictures come from, one after another.
package protocol CaptionSource: AnyObject {
  /// How many there are in all; nil where that is not known beforehand.
  var count: Int? { get }

  func next() -> CaptionSourceStep

  /// Returns when there may be another picture, or after `seconds`.
  func wait(seconds: Double)
}

package enum CaptionSourceStep: Sendable, Equatable {
  case item(CaptionItem)
  /// None is there yet.
  case later
  case end
}

/// Pictures that are all known beforehand.
package final class ItemList: CaptionSource {
  private let items: [CaptionItem]
  private var index = 0

  package init(_ items: [CaptionItem]) { self.items = items }

  package var count: Int? { items.count }

  package func next() -> CaptionSourceStep {
    guard index < items.count else { return .end }
    defer { index += 1 }
    return .item(items[index])
  }

  package func wait(seconds: Double) {}
}
