import CEdit
import Foundation

/// The places that characters take on a terminal.
enum Cells {
  /// Has the C library know the widths of all characters.
  static func setUp() { _ = isSetUp }

  private static let isSetUp = setlocale(LC_CTYPE, "C.UTF-8") != nil

  /// 0, 1, or 2 for wide characters such as Chinese ones.
  static func width(_ character: Character) -> Int {
    setUp()
    let widths = character.unicodeScalars.map { Int(cedit_cells($0.value)) }
    return max(0, widths.max() ?? 0)
  }

  static func width(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + width($1) }
  }

  /// The beginning of a text that takes at most so many places.
  static func prefix(_ text: String, _ limit: Int) -> String {
    var left = limit
    return String(
      text.prefix { character in
        left -= width(character)
        return left >= 0
      })
  }

  /// The columns of the terminal behind a descriptor; nil where there is none.
  static func columns(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return nil }
    return Int(size.ws_col)
  }
}
