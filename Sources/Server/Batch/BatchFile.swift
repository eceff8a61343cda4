package import OpenAIMessages

/// Reads the rows of a batch file.
package enum BatchFile {
  /// The rows, one a line; empty lines are passed over.
  package static func rows(_ text: [UInt8]) throws(BatchError) -> [BatchRow] {
    var rows: [BatchRow] = []
    var ids: Set<String> = []
    for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { $0 > 0x20 }) {
      let row: BatchRow
      do throws(RequestFault) {
        row = try BatchRow(Array(line))
      } catch {
        throw .badRow(line: index + 1, error)
      }
      guard ids.insert(row.id).inserted else { throw .doubleID(row.id) }
      rows.append(row)
    }
    return rows
  }
}
