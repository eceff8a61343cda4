/// Records of cells as in RFC 4180: cells with separators, quotation marks or line ends stand between
/// quotation marks, and those inside are doubled.
struct SeparatedValues {
  let separator: UInt8

  /// A record with the line feed behind it.
  func line(_ cells: [String]) -> String {
    cells.map(quoted).joined(separator: String(UnicodeScalar(separator))) + "\n"
  }

  private func quoted(_ cell: String) -> String {
    let needsQuotes = cell.utf8.contains {
      $0 == separator || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
    }
    guard needsQuotes else { return cell }
    let doubled = cell.utf8.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
    return "\"\(String(decoding: doubled, as: UTF8.self))\""
  }

  /// A record and the line where it begins, from 1.
  struct Record {
    var cells: [String]
    var line: Int
  }

  /// The records that end in a line feed, and where the last of them ends.
  func records(_ bytes: [UInt8]) -> (records: [Record], end: Int) {
    var records: [Record] = []
    var cells: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var (line, firstLine, end) = (1, 1, 0)
    for (index, byte) in bytes.enumerated() {
      if byte == 0x0A { line += 1 }
      if byte == UInt8(ascii: "\"") {
        // A doubled mark ends the quotation and begins it again.
        if !isQuoted, index > 0, bytes[index - 1] == byte { cell.append(byte) }
        isQuoted.toggle()
      } else if isQuoted || byte != separator && byte != 0x0A {
        cell.append(byte)
      } else {
        cells.append(String(decoding: cell, as: UTF8.self))
        cell.removeAll(keepingCapacity: true)
        guard byte == 0x0A else { continue }
        records.append(Record(cells: cells, line: firstLine))
        cells.removeAll()
        (end, firstLine) = (index + 1, line)
      }
    }
    return (records, end)
  }
}
