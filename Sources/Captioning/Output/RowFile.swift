package import Files

/// A file of caption rows that grows safely.
///
/// A row is written whole and synced before the next one begins. What a crash left half written is removed
/// when the file is opened again; what is not a caption file is refused and not touched.
package final class RowFile: RowStore {
  /// The newest row of each picture.
  package private(set) var rows: [ExactText: CaptionRow] = [:]
  /// Bytes of an unfinished row that were removed on opening.
  package private(set) var repairedBytes = 0
  package var retriesFailures: Bool { true }
  package let format: RowFormat

  private let file: OpenFile
  private let fields: [String]
  /// Whether the file can be read back, cut and locked; a device or pipe only takes rows.
  private let isRegular: Bool
  private var length = 0
  /// Whether there was no file before.
  private var isNew = false
  /// Whether the file holds rows that newer ones replace.
  private var hasOldRows = false

  package var path: String { file.path }

  /// Opens the file, or makes it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - format: how its rows are written.
  ///   - fields: the names of the answers, in their order.
  ///   - settings: those of the rows to come.
  ///   - mode: what becomes of rows with other settings.
  /// - Throws: `CaptioningError` where the file cannot be used; it is then as it was.
  package init(
    _ path: String, format: RowFormat, fields: [String], settings: CaptionSettings,
    mode: RowMode = .resume
  ) throws(CaptioningError) {
    let wasThere = FileSystem.kind(of: path) != nil
    self.format = format
    self.fields = fields
    do throws(FileError) {
      file = try OpenFile(growing: path)
      isRegular = try file.status().kind == .file
    } catch {
      throw .unopened(error)
    }
    guard isRegular else { return }
    // A file without a name was made and removed by another run a moment ago.
    guard (try? file.tryLock()) == true, let names = try? file.status().names, names > 0
    else { throw .inUse(file: file.path) }
    try readBack(settings, mode)
    isNew = !wasThere
  }

  /// Removes a file that it made and that got no rows.
  deinit {
    if isNew, length == 0 { FileSystem.removeFile(file.path) }
  }

  /// Adds a row; on return it is on the disk.
  package func append(_ row: CaptionRow, of item: CaptionItem) throws(CaptioningError) {
    try append(row)
  }

  /// Adds a row; on return it is on the disk.
  func append(_ row: CaptionRow) throws(CaptioningError) {
    if case .failed = row.outcome, !format.hasFailures { return }
    if length == 0 { try write(format.header(fields: fields)) }
    try write(format.line(row, fields: fields))
    take(row)
  }

  private func take(_ row: CaptionRow) {
    if rows.updateValue(row, forKey: row.name) != nil { hasOldRows = true }
  }

  /// Writes all of the text or nothing.
  private func write(_ text: String) throws(CaptioningError) {
    do throws(FileError) {
      try file.append(text)
      if isRegular { try file.synchronize() }
    } catch {
      // Takes back what was written in part.
      if isRegular { try? file.truncate(to: Int64(length)) }
      throw .output(error)
    }
    length += text.utf8.count
  }

  private func readBack(_ settings: CaptionSettings, _ mode: RowMode) throws(CaptioningError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try file.readToEnd()
    } catch {
      throw .unopened(error)
    }
    let end = try Self.read(
      bytes, of: file.path, format: format, fields: fields, settings: settings, mode: mode, take)
    repairedBytes = mode == .overwrite ? 0 : bytes.count - end
    try cut(to: end)
    if end > 0, bytes[end - 1] != 0x0A { try write("\n") }
  }

  /// Reads the rows in a file's bytes, and returns where the last of them that stays ends.
  private static func read(
    _ bytes: [UInt8], of path: String, format: RowFormat, fields: [String],
    settings: CaptionSettings, mode: RowMode, _ take: (CaptionRow) -> Void
  ) throws(CaptioningError) -> Int {
    var other: CaptionSettings?
    var known: [CaptionSettings] = [settings]
    let content = format.read(bytes, fields: fields) { row in
      var row = row
      // Rows of the same settings share their memory.
      if let index = known.firstIndex(of: row.settings) {
        row.settings = known[index]
      } else {
        known.append(row.settings)
      }
      if row.caption != nil, row.settings != settings { other = other ?? row.settings }
      take(row)
    }
    switch content {
    case .foreign(let line): throw .notCaptions(file: path, line: line)
    case .otherColumns:
      guard mode == .overwrite else { throw .otherColumns(file: path) }
      return 0
    case .rows(let end):
      if let other, mode == .resume {
        throw .otherSettings(file: path, other.differences(to: settings))
      }
      return mode == .overwrite ? 0 : end
    }
  }

  /// The newest row of each picture in a file, which is left as it is; none where there is no file.
  package static func rows(
    in path: String, format: RowFormat, fields: [String], settings: CaptionSettings, mode: RowMode
  ) throws(CaptioningError) -> [ExactText: CaptionRow] {
    guard FileSystem.kind(of: path) == .file else { return [:] }
    var rows: [ExactText: CaptionRow] = [:]
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try OpenFile(reading: path).readToEnd()
    } catch {
      throw .unopened(error)
    }
    _ = try read(
      bytes, of: path, format: format, fields: fields, settings: settings, mode: mode
    ) { rows[$0.name] = $0 }
    return rows
  }

  private func cut(to end: Int) throws(CaptioningError) {
    if end == 0 {
      rows = [:]
      hasOldRows = false
    }
    do {
      if try file.status().size > end { try file.truncate(to: Int64(end)) }
    } catch {
      throw .output(error)
    }
    length = end
  }
}

// MARK: One row a picture

extension RowFile {
  /// Removes rows that newer ones replace, such as the error of a picture that was captioned later; the
  /// newest takes the place of the oldest.
  ///
  /// - Throws: `CaptioningError`, also where somebody else wrote to the file; it is then as it was.
  package func finish() throws(CaptioningError) {
    guard isRegular, hasOldRows else { return }
    let order = try order()
    do throws(FileError) {
      // A link to the file stays one.
      let path = FileSystem.resolved(file.path) ?? file.path
      try FileSystem.replace(path) { new throws(FileError) in
        var text = format.header(fields: fields)
        for name in order {
          text += rows[name].map { format.line($0, fields: fields) } ?? ""
          guard text.utf8.count > 1 << 20 else { continue }
          try new.append(text)
          text = ""
        }
        try new.append(text)
        try new.synchronize()
      }
      hasOldRows = false
    } catch {
      throw .output(error)
    }
  }

  /// The names of the pictures, in the order of their oldest rows.
  private func order() throws(CaptioningError) -> [ExactText] {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try OpenFile(reading: file.path).readToEnd()
    } catch {
      throw .output(error)
    }
    var order: [ExactText] = []
    var seen: Set<ExactText> = []
    let content = format.read(bytes, fields: fields) { row in
      if seen.insert(row.name).inserted { order.append(row.name) }
    }
    switch content {
    case .rows: return order
    case .foreign(let line): throw .notCaptions(file: file.path, line: line)
    case .otherColumns: throw .otherColumns(file: file.path)
    }
  }
}
