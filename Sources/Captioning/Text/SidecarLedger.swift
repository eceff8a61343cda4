import Files
import JSON

/// Notes which text files this program wrote, so that it knows them when its rows are lost.
///
/// A note is the hash of a file's name and text, not of where it lies, so that folders can be moved. It holds
/// the user's own text where the caption was joined to it. Notes are lines in up to 256 files.
final class SidecarLedger {
  struct Entry: Equatable {
    let original: String?
  }

  private let folder: String
  /// Notes by hash, of the files that were read.
  private var notes: [String: [String: Entry]] = [:]

  init(folder: String) { self.folder = folder }

  /// The note of a text file; nil where somebody else wrote the text.
  func entry(path: String, text: String) -> Entry? {
    let hash = Self.hash(path, text)
    return notes(of: hash)[hash]
  }

  /// Notes a text before it is written.
  ///
  /// A note that cannot be written makes the file count as somebody else's, which loses nothing.
  func note(path: String, text: String, original: String?) {
    let hash = Self.hash(path, text)
    _ = notes(of: hash)
    notes[String(hash.prefix(2))]?[hash] = Entry(original: original)
    try? FileSystem.makeFolder(folder)
    try? OpenFile(growing: file(hash)).append(
      hash + (original.map { " " + $0.quotedAsJSON } ?? "") + "\n")
  }

  private func file(_ hash: String) -> String { "\(folder)/\(hash.prefix(2))" }

  private func notes(of hash: String) -> [String: Entry] {
    let key = String(hash.prefix(2))
    if let known = notes[key] { return known }
    var read: [String: Entry] = [:]
    let bytes = (try? OpenFile(reading: file(hash)).readToEnd()) ?? []
    for line in bytes.split(separator: 0x0A) where line.count >= hash.utf8.count {
      let rest = Array(line.dropFirst(hash.utf8.count + 1))
      let value = rest.withUnsafeBytes { try? JSONValue($0.bytes, file: folder) }
      let original: String? = if case .string(let text)? = value { text } else { nil }
      read[String(decoding: line.prefix(hash.utf8.count), as: UTF8.self)] = Entry(
        original: original)
    }
    notes[key] = read
    return read
  }

  private static func hash(_ path: String, _ text: String) -> String {
    Digest.sha256("\(path.lastPathPart)\0\(text)")
  }
}
