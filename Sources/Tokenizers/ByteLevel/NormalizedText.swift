/// Text in Unicode's normalisation form C.
enum NormalizedText {
  /// Longer runs of combining marks are normalised in stretches of this many.
  ///
  /// Putting marks in order takes the standard library time quadratic in their number, so a megabyte
  /// of them would take minutes. Writing has a handful; the Stream-Safe Text Format (UAX #15) allows 30.
  private static let longestRun = 256

  /// A text's normalisation form C as UTF-8.
  static func utf8(_ utf8: ArraySlice<UInt8>) -> [UInt8] {
    scalars(utf8).flatMap { Array($0.utf8) }
  }

  /// The scalars of a text's normalisation form C.
  static func scalars(_ utf8: ArraySlice<UInt8>) -> [Unicode.Scalar] {
    let text = String(decoding: utf8, as: UTF8.self)
    // Text below U+0300, whose first byte is 0xCC, is in that form already.
    if utf8.allSatisfy({ $0 < 0xCC }) { return Array(text.unicodeScalars) }

    var scalars: [Unicode.Scalar] = []
    var stretch = String.UnicodeScalarView()
    var marks = 0
    for scalar in text.unicodeScalars {
      marks = scalar.isMark ? marks + 1 : 0
      if marks > longestRun {
        append(&stretch, to: &scalars)
        marks = 1
      }
      stretch.append(scalar)
    }
    append(&stretch, to: &scalars)
    return scalars
  }

  private static func append(
    _ stretch: inout String.UnicodeScalarView, to scalars: inout [Unicode.Scalar]
  ) {
    // Not Foundation's `precomposedStringWithCanonicalMapping`: on Linux it leaves the last letter of
    // a Hangul syllable alone. This is the form by which the standard library compares strings.
    scalars += String(decoding: String(stretch)._nfcCodeUnits, as: UTF8.self).unicodeScalars
    stretch.removeAll(keepingCapacity: true)
  }
}

extension Unicode.Scalar {
  /// Whether it combines with the scalar before it, as everything does that normalisation reorders.
  fileprivate var isMark: Bool {
    guard value >= 0x300 else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return false
    }
  }
}
