/// Rows of text in aligned columns.
struct Table {
  enum Alignment { case left, right }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]]

  init(_ columns: [(title: String, alignment: Alignment)]) {
    self.columns = columns
    rows = [columns.map(\.title)]
  }

  mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "\(cells.count) cells, \(columns.count) columns")
    rows.append(cells)
  }

  /// An empty line, between rows that do not belong together.
  mutating func appendBlank() { append(columns.map { _ in "" }) }

  /// The lines, titles first, with two spaces between columns.
  var text: String {
    let widths = columns.indices.map { column in rows.map { Cells.width($0[column]) }.max() ?? 0 }
    return rows.map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - Cells.width(row[column]))
        return columns[column].alignment == .left ? row[column] + padding : padding + row[column]
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }
}
