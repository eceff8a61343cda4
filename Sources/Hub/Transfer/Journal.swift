import Files
import FoundationEssentials

/// A text file that says which bytes of a partial file are there.
///
/// The first line is JSON; each further line is "w" (written) or "s" (synchronized to the disk)
/// with the first byte's offset and the one after the last. Lines are only ever appended, so a
/// kill at any moment leaves a file that can be read.
final class Journal: Sendable {
  /// What a journal of an earlier run says, as far as it is still true.
  struct Content {
    let goal: PartialFile.Goal
    /// Where the bytes may be, the likeliest first.
    let files: [String]
    /// The one of the files that holds the bytes; nil when they are gone.
    let holder: String?
    let received: ByteRanges
    /// The part of it that a power cut cannot take.
    let synchronized: ByteRanges
  }

  private struct Header: Codable {
    var version = 1
    let goal: PartialFile.Goal
    let files: [String]
    /// Tells one start of the machine from the next.
    let boot: String
  }

  private let path: String
  private let file: OpenFile
  private let header: String

  /// Writes a fresh journal in place of the one that is there.
  init(
    at path: String, goal: PartialFile.Goal, files: [String], received: ByteRanges,
    synchronized: ByteRanges
  ) throws(HubError) {
    let fields = Header(goal: goal, files: files, boot: Self.currentBoot)
    guard let json = try? JSONEncoder().encode(fields) else {
      throw .obstructed(path: path, .unencodable)
    }
    self.path = path
    header = String(decoding: json, as: UTF8.self) + "\n"
    try onDisk(
      FileSystem.replace(
        path,
        with: header + Self.lines(synchronized, isSynchronized: true)
          + Self.lines(received, isSynchronized: false),
        durably: false))
    file = try onDisk(OpenFile(appending: path))
  }

  /// Reads a journal; nil when there is none or it makes no sense.
  static func read(_ path: String) -> Content? {
    guard let file = try? OpenFile(reading: path), let bytes = try? file.readToEnd() else {
      return nil
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count > 1,
      let header = try? JSONDecoder().decode(Header.self, from: Data(lines[0])),
      header.version == 1
    else { return nil }
    var received = ByteRanges()
    var synchronized = ByteRanges()
    let isSameBoot = header.boot == currentBoot
    // What follows the last line end was cut off while it was written.
    for line in lines[1...].dropLast() {
      let words = line.split(separator: UInt8(ascii: " ")).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard words.count == 3, let start = Int64(words[1]), let end = Int64(words[2]),
        words[0] == "s" || words[0] == "w" && isSameBoot, start >= 0, start < end
      else { continue }
      received.insert(start..<end)
      if words[0] == "s" { synchronized.insert(start..<end) }
    }
    let holder = header.files.lazy.compactMap { file -> (path: String, bytes: Int64)? in
      guard let status = try? FileStatus(file, followingLinks: false), status.kind == .file else {
        return nil
      }
      return (file, status.size)
    }.first { $0.bytes <= header.goal.size }
    return Content(
      goal: header.goal, files: header.files, holder: holder?.path,
      received: received.clipped(to: holder?.bytes ?? 0),
      synchronized: synchronized.clipped(to: holder?.bytes ?? 0))
  }

  /// How many bytes an earlier run left behind a journal.
  static func keptBytes(_ path: String) -> Int64 { read(path)?.received.count ?? 0 }

  func append(_ ranges: ByteRanges, isSynchronized: Bool) throws(HubError) {
    guard !ranges.ranges.isEmpty else { return }
    try onDisk(file.append(Self.lines(ranges, isSynchronized: isSynchronized)))
  }

  /// Returns when the journal would survive a power cut.
  func synchronize() throws(HubError) { try onDisk(file.synchronize()) }

  /// Forgets all ranges.
  func reset() throws(HubError) {
    try onDisk(file.truncate(to: Int64(header.utf8.count)))
  }

  func remove() { FileSystem.removeFile(path) }

  private static func lines(_ ranges: ByteRanges, isSynchronized: Bool) -> String {
    ranges.ranges.reduce(into: "") { text, range in
      text += "\(isSynchronized ? "s" : "w") \(range.lowerBound) \(range.upperBound)\n"
    }
  }

  /// The kernel's id of this start of the machine; unique where it has none, so that unsynchronized
  /// bytes are then never trusted.
  private static let currentBoot: String =
    readSmallFile("/proc/sys/kernel/random/boot_id")?.trimmingWhitespace()
    ?? FileSystem.uniqueName()
}
