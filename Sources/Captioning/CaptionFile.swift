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

  private let path: String
  private let descriptor: Int32
  /// Whether the file can be read back, cut and locked; a device or pipe only takes rows.
  private let isRegular: Bool
  private var length = 0
  /// Whether there was no file before.
  private var isNew = false

  /// Opens the file, or makes it.
  package init(_ file: URL) throws(CaptioningError) {
    path = file.path
    let wasThere = access(path, F_OK) == 0
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unopened(file: path, reason: Self.systemReason()) }
    var status = stat()
    isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    guard isRegular else { return }
    // A file without a name was made and removed by another run a moment ago.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
      status.st_nlink > 0
    else { throw .inUse(file: path) }
    try readBack()
    isNew = !wasThere
  }

  /// Removes a file that it made and that got no rows.
  deinit {
    if isNew, length == 0 { unlink(path) }
    if descriptor >= 0 { close(descriptor) }
  }

  /// Adds a row; on return it is on the disk.
  package func append(_ row: CaptionRow) throws(CaptioningError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var line = try? encoder.encode(row) else {
      throw .output(file: path, reason: "the row is not valid JSON")
    }
    line.append(0x0A)
    try write(line)
    take(row)
  }

  private func take(_ row: CaptionRow) {
    rows[row.key] = row
    if let text = row.text { captions[row.key.image, default: []].insert(text) }
  }

  /// Writes all bytes or none.
  private func write(_ bytes: Data) throws(CaptioningError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw giveUp() }
      written += count
    }
    if isRegular, fsync(descriptor) != 0 { throw giveUp() }
    length += bytes.count
  }

  /// Takes back a row that was written in part.
  private func giveUp() -> CaptioningError {
    let reason = Self.systemReason()
    if isRegular { _ = ftruncate(descriptor, off_t(length)) }
    return .output(file: path, reason: reason)
  }

  private func readBack() throws(CaptioningError) {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw .unopened(file: path, reason: "it cannot be read back")
    }
    let decoder = JSONDecoder()
    var start = bytes.startIndex
    var line = 1
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      if end > start {
        guard let row = try? decoder.decode(CaptionRow.self, from: bytes[start..<end]) else {
          throw .notCaptions(file: path, line: line)
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
        throw .notCaptions(file: path, line: line)
      }
      guard ftruncate(descriptor, off_t(length)) == 0 else { throw giveUp() }
      repairedBytes = rest.count
    }
  }

  private static func systemReason() -> String { String(cString: strerror(errno)) }
}
