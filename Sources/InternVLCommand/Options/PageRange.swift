import ArgumentParser

/// Pages of a document, counted from 1: "2", or "1-3".
struct PageRange: ExpressibleByArgument, Equatable {
  let pages: ClosedRange<Int>

  /// The most pages that a question may take along.
  private static let limit = 1000

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
      first >= 1, last >= first, last < first + Self.limit
    else { return nil }
    pages = first...last
  }
}
