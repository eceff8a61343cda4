import Files
import JSON

/// How rows are written.
package enum RowFormat: String, Sendable, CaseIterable {
  /// One JSON object a line.
  case jsonl
  /// Columns between commas, or between tabs, as in RFC 4180.
  case csv, tsv
  /// Hugging Face's `metadata.jsonl`, which lies in or above the folder of the pictures.
  case metadata

  /// The format that a file's name tells; a shard's file has that of the whole.
  package init(file path: String) {
    self =
      switch path.pathEnding {
      case "csv": .csv
      case "tsv": .tsv
      default:
        [Self.metadataName, Shard(file: path)?.file(of: Self.metadataName)]
          .contains(path.lastPathPart) ? .metadata : .jsonl
      }
  }

  private static let metadataName = "metadata.jsonl"

  /// What the column of the picture's name is called.
  var nameColumn: String { self == .metadata ? RowColumn.fileName : RowColumn.image.rawValue }

  /// Whether pictures without an answer have a row.
  var hasFailures: Bool { self != .metadata }

  /// Nil for formats without columns.
  var separated: SeparatedValues? {
    switch self {
    case .csv: SeparatedValues(separator: UInt8(ascii: ","))
    case .tsv: SeparatedValues(separator: UInt8(ascii: "\t"))
    case .jsonl, .metadata: nil
    }
  }

  /// What stands in front of the first row.
  package func header(fields: [String]) -> String {
    guard let separated else { return "" }
    let columns = [nameColumn] + fields + RowColumn.allCases.dropFirst().map(\.rawValue)
    return separated.line(columns)
  }

  /// A row with the line feed behind it; without columns, it has answers to other questions behind those of
  /// `fields`.
  package func line(_ row: CaptionRow, fields: [String]) -> String {
    if let separated {
      let cells = row.cells(fields: fields, nameColumn: nameColumn)
      return separated.line(cells.map { $0.cell?.plain ?? "" })
    }
    let others = row.caption?.answers.map(\.field).filter { !fields.contains($0) } ?? []
    let members = row.cells(fields: fields + others, nameColumn: nameColumn).compactMap {
      column, cell in
      cell.map { "\(column.quotedAsJSON):\($0.json)" }
    }
    return "{\(members.joined(separator: ","))}\n"
  }
}

// MARK: Reading back

extension RowFormat {
  /// What a file holds.
  enum Content {
    /// Rows up to a byte; behind it is the beginning of a row, or nothing. The last of them may lack its line
    /// feed.
    case rows(end: Int)
    /// A line, counted from 1, is no row.
    case foreign(line: Int)
    /// The columns are others.
    case otherColumns
  }

  /// Reads rows that were written before.
  func read(_ bytes: [UInt8], fields: [String], _ take: (CaptionRow) -> Void) -> Content {
    separated.map { readRecords(bytes, $0, fields: fields, take) } ?? readLines(bytes, take)
  }

  private func readLines(_ bytes: [UInt8], _ take: (CaptionRow) -> Void) -> Content {
    var start = 0
    var line = 1
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      if end > start {
        guard let members = Self.members(bytes[start..<end]),
          let row = CaptionRow(members, nameColumn: nameColumn)
        else { return .foreign(line: line) }
        take(row)
      }
      start = end + 1
      line += 1
    }
    let rest = bytes[start...]
    if let members = Self.members(rest) {
      guard let row = CaptionRow(members, nameColumn: nameColumn) else {
        return .foreign(line: line)
      }
      take(row)
      return .rows(end: bytes.count)
    }
    let front = Array("{\(nameColumn.quotedAsJSON):\"".utf8)
    return rest.starts(with: front.prefix(rest.count)) ? .rows(end: start) : .foreign(line: line)
  }

  private static func members(_ line: ArraySlice<UInt8>) -> [String: JSONValue]? {
    line.withUnsafeBytes { try? JSONObject.members($0.bytes) }
  }

  private func readRecords(
    _ bytes: [UInt8], _ separated: SeparatedValues, fields: [String], _ take: (CaptionRow) -> Void
  ) -> Content {
    let header = Array(self.header(fields: fields).utf8)
    guard bytes.starts(with: header) else {
      if header.starts(with: bytes) { return .rows(end: 0) }
      let others = separated.records(bytes).records.first?.cells ?? []
      return others.last == RowColumn.settings.rawValue ? .otherColumns : .foreign(line: 1)
    }
    let columns = separated.records(header).records[0].cells
    let (records, end) = separated.records(bytes)
    func row(_ record: SeparatedValues.Record) -> CaptionRow? {
      guard record.cells.count == columns.count else { return nil }
      return CaptionRow(Self.members(columns, record.cells), nameColumn: nameColumn)
    }
    for record in records.dropFirst() {
      guard let row = row(record) else { return .foreign(line: record.line) }
      take(row)
    }
    // Settings, the last column, can only be read where they are whole.
    if let last = separated.records(Array(bytes[end...]) + [0x0A]).records.last, let row = row(last)
    {
      take(row)
      return .rows(end: bytes.count)
    }
    return .rows(end: end)
  }

  /// Cells by column; an empty one is absent.
  private static func members(_ columns: [String], _ cells: [String]) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for (column, cell) in zip(columns, cells) {
      let known = RowColumn(rawValue: column)
      // An answer may be empty, and always counts as text.
      if known == nil || known?.isText == true {
        if known == nil || !cell.isEmpty { members[column] = .string(cell) }
      } else if !cell.isEmpty {
        members[column] = Array(cell.utf8).withUnsafeBytes {
          try? JSONValue($0.bytes, file: column)
        }
      }
    }
    return members
  }
}
