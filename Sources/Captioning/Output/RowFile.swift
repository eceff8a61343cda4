import Files
package import Foundation

/// A file of caption rows, one JSON object a line, that grows safely.
///
/// A row is written whole and synced before the next image begins. What a crash left half
/// written is removed when the file is opened again; what is not a caption file is refused and
/// not touched.
package final class CaptionFile {
  /// The newest row of everything that the file holds.
  package private(set) var rows: [CaptionKey: CaptionRow] = [:]
  /// All captions that the file holds for each image's path, those that newer rows replace too.
  private(set) var captions: [String: Set<String>] = [:]
  /// Bytes of an unfinished row that were removed on opening.
  package private(set) var repairedBytes = 0

  private let file: OpenFile
  /// Whether the file can be read back, cut and locked; a device or pipe only takes rows.
  private let isRegular: Bool
  private var length = 0
  /// Whether there was no file before.
  private var isNew = false

  /// Opens the file, or makes it.
  package init(_ url: URL) throws(CaptioningError) {
    let wasThere = FileSystem.kind(of: url.path) != nil
    do throws(FileError) {
      file = try OpenFile(growing: url.path)
      isRegular = try file.status().kind == .file
    } catch {
      throw .unopened(error)
    }
    guard isRegular else { return }
    // A file without a name was made and removed by another run a moment ago.
    guard (try? file.tryLock()) == true, let names = try? file.status().names, names > 0
    else { throw .inUse(file: file.path) }
    try readBack()
    isNew = !wasThere
  }

  /// Removes a file that it made and that got no rows.
  deinit {
    if isNew, length == 0 { FileSystem.removeFile(file.path) }
  }

  /// Adds a row; on return it is on the disk.
  package func append(_ row: CaptionRow) throws(CaptioningError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(row) else { throw .unwritableRow(file: file.path) }
    try write(line + [0x0A])
    take(row)
  }

  private func take(_ row: CaptionRow) {
    rows[row.key] = row
    if let text = row.text { captions[row.key.image, default: []].insert(text) }
  }

  /// Writes all bytes or none.
  private func write(_ bytes: Data) throws(CaptioningError) {
    do throws(FileError) {
      try file.append(Array(bytes))
      if isRegular { try file.synchronize() }
    } catch {
      // Takes back what was written in part.
      if isRegular { try? file.truncate(to: Int64(length)) }
      throw .output(error)
    }
    length += bytes.count
  }

  private func readBack() throws(CaptioningError) {
    let bytes: Data
    do throws(FileError) {
      bytes = Data(try file.readToEnd())
    } catch {
      throw .unopened(error)
    }
    let decoder = JSONDecoder()
    var start = bytes.startIndex
    var line = 1
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      if end > start {
        guard let row = try? decoder.decode(CaptionRow.self, from: bytes[start..<end]) else {
          throw .notCaptions(file: file.path, line: line)
        }
        take(row)
      }
      start = end + 1
      line += 1
    }
    length = start
    let rest = bytes[start...]
    if let row = try? decoder.decode(CaptionRow.self, from: rest) {
      length = bytes.count
      take(row)
      try write(Data([0x0A]))
    } else if !rest.isEmpty {
      guard rest.starts(with: Data("{\"".utf8).prefix(rest.count)) else {
        throw .notCaptions(file: file.path, line: line)
      }
      do {
        try file.truncate(to: Int64(length))
      } catch {
        throw .output(error)
      }
      repairedBytes = rest.count
    }
  }
}
