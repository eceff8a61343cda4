package import Files

/// Joins the outputs of shards to one.
package struct ShardMerge: Sendable {
  /// The newest row of each picture, one that has a caption before one that has none.
  private var rows: [ExactText: CaptionRow] = [:]
  /// Where each picture's row came from.
  private var origins: [ExactText: Int] = [:]
  private var format: RowFormat?
  private var fields: [String] = []
  private var files = 0
  /// Shards by how many there should be.
  private var shards: [Int: Set<Int>] = [:]

  /// Pictures that several files have rows of.
  package private(set) var repeated: [ExactText] = []
  /// Files that end in an unfinished row, as those of runs do that were killed.
  package private(set) var unfinished: [String] = []

  /// What differs between the settings of the first row and those of others.
  package private(set) var differences: [SettingDifference] = []
  private var settings: CaptionSettings?

  package init() {}

  package var count: Int { rows.count }
  /// How many pictures have an error in place of a caption.
  package var failed: Int { rows.values.count { $0.caption == nil } }

  /// Numbers of shards that are missing, as the names of files tell: "2 of 4".
  package var missingShards: [String] {
    shards.sorted { $0.key < $1.key }.flatMap { count, numbers in
      (1...count).filter { !numbers.contains($0) }.map { "\($0) of \(count)" }
    }
  }

  /// Pictures without a row.
  package func missing(of items: [CaptionItem]) -> [CaptionItem] {
    items.filter { rows[$0.rowName] == nil }
  }

  /// Adds a shard's rows.
  ///
  /// - Throws: `CaptioningError` where the file is none of captions, or of another format.
  package mutating func add(_ path: String) throws(CaptioningError) {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try OpenFile(reading: path).readToEnd()
    } catch {
      throw .unopened(error)
    }
    let format = RowFormat(file: path)
    let fields = format.fields(inHeaderOf: bytes)
    guard self.format ?? format == format,
      self.format == nil || self.fields == fields || fields == []
    else {
      throw .otherColumns(file: path)
    }
    self.format = format
    if !fields.isEmpty { self.fields = fields }
    files += 1
    switch format.read(bytes, fields: fields, { take($0) }) {
    case .foreign(let line): throw .notCaptions(file: path, line: line)
    case .otherColumns: throw .otherColumns(file: path)
    case .rows(let end): if end < bytes.count { unfinished.append(path) }
    }
    if let shard = Shard(file: path) { shards[shard.count, default: []].insert(shard.number) }
  }

  private mutating func take(_ row: CaptionRow) {
    let first = settings ?? row.settings
    settings = first
    if differences.isEmpty { differences = first.differences(to: row.settings) }
    if let caption = row.caption {
      for answer in caption.answers where !fields.contains(answer.field) {
        fields.append(answer.field)
      }
    }
    guard let known = rows[row.name], let origin = origins[row.name] else {
      rows[row.name] = row
      origins[row.name] = files
      return
    }
    if origin != files { repeated.append(row.name) }
    // Within a file the newest counts; among files the first that has a caption.
    if origin == files || known.caption == nil, row.caption != nil || known.caption == nil {
      rows[row.name] = row
      origins[row.name] = files
    }
  }

  /// All rows as text, in the order of names; without another format in that of the shards.
  package func write(
    as format: RowFormat? = nil, _ append: (String) throws -> Void
  ) throws {
    let format = format ?? self.format ?? .jsonl
    let sorted = rows.keys.sorted { NameOrder.precedes(path: $0.string, $1.string) }
    var text = format.header(fields: fields)
    for name in sorted {
      guard let row = rows[name], row.caption != nil || format.hasFailures else { continue }
      text += format.line(row, fields: fields)
      guard text.utf8.count > 1 << 20 else { continue }
      try append(text)
      text = ""
    }
    try append(text)
  }

  /// Writes all rows to a file in the format that its name tells, in place of one that holds captions.
  package func write(to path: String) throws(CaptioningError) {
    if FileSystem.kind(of: path) != nil {
      var there = ShardMerge()
      try there.add(path)
    }
    do throws(FileError) {
      // A link to the file stays one.
      try FileSystem.replace(FileSystem.resolved(path) ?? path) { file throws(FileError) in
        var failure: FileError?
        try? write(as: RowFormat(file: path)) { text in
          do throws(FileError) {
            try file.append(text)
          } catch {
            failure = error
            throw error
          }
        }
        if let failure { throw failure }
        try file.synchronize()
      }
    } catch {
      throw .output(error)
    }
  }
}

extension RowFormat {
  /// The names of the answers that a file's header tells; none where it has no header.
  fileprivate func fields(inHeaderOf bytes: [UInt8]) -> [String] {
    guard let separated = separated,
      let end = bytes.firstIndex(of: 0x0A),
      let columns = separated.records(Array(bytes[...end])).records.first?.cells,
      let last = columns.firstIndex(of: RowColumn.error.rawValue), last > 0
    else { return [] }
    return Array(columns[1..<last])
  }
}
