import Files
import Foundation

/// The folder where chats and typed lines are kept, for the user alone.
struct ChatStore {
  private let folder: String
  private static let linesKept = 1000

  init(folder: URL) { self.folder = folder.path }

  // MARK: - Chats

  private var chatFolder: String { "\(folder)/chats" }

  /// The path of a chat that begins now.
  func newChat() -> String {
    let name = Date.now.ISO8601Format().replacing(":", with: "-").replacing("T", with: "_")
    return "\(chatFolder)/\(name)-\(FileSystem.uniqueName()).json"
  }

  /// The paths of all chats, the one that was written last first.
  func chats() throws(FileError) -> [String] {
    var chats: [(path: String, changed: Double)] = []
    for name in try FileSystem.names(in: chatFolder)
    where name.hasSuffix(".json") && !name.hasPrefix(".") {
      let path = "\(chatFolder)/\(name)"
      chats.append((path, Self.changed(path)))
    }
    return chats.sorted { $0.changed > $1.changed }.map(\.path)
  }

  /// When a file was written last; 0 where that is not known.
  private static func changed(_ path: String) -> Double {
    guard let time = try? FileStatus(path).changed else { return 0 }
    return Double(time.seconds) + Double(time.nanoseconds) / 1e9
  }

  /// Writes a chat in place of what was known of it before; one without a question is forgotten.
  func write(_ log: ChatLog, to path: String) throws {
    guard !log.turns.isEmpty else { return FileSystem.removeFile(path) }
    try makePrivate()
    try FileSystem.replace(path, with: ChatDocument(log).json, durably: false)
  }

  // MARK: - Lines

  private var lineFile: String { "\(folder)/history" }

  /// The lines that were typed in earlier chats, the latest last.
  func lines() -> [String] {
    guard let bytes = try? OpenFile(reading: lineFile).readToEnd(limit: 64 << 20) else { return [] }
    let decoder = JSONDecoder()
    let lines = bytes.split(separator: UInt8(ascii: "\n")).suffix(Self.linesKept)
    return lines.compactMap { try? decoder.decode(String.self, from: Data($0)) }
  }

  /// Adds a line that was typed.
  func append(_ line: String) throws {
    try makePrivate()
    try OpenFile(growing: lineFile).append(JSONText.line(line))
    guard FileSystem.fileSize(lineFile) ?? 0 > 4 << 20 else { return }
    try FileSystem.replace(
      lineFile, with: lines().map { try JSONText.line($0) }.joined(), durably: false)
  }

  /// Makes the folders, which others may not read.
  private func makePrivate() throws {
    try FileSystem.makeFolder(chatFolder)
    chmod(folder, 0o700)
  }
}
