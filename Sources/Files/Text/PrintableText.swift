extension String {
  /// The string with everything replaced that a terminal could take for a command, cut after
  /// 200 characters: names come from files and servers that anybody may have written.
  package var printable: String {
    var result = ""
    for (index, scalar) in unicodeScalars.enumerated() {
      guard index < 200 else { return result + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The printable string between quotation marks.
  package var quoted: String { "'\(printable)'" }
}
