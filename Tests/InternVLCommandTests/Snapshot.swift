import Foundation
import Testing

/// Compares text that users see with the file that recorded it.
///
/// With `UPDATE_SNAPSHOTS=1` in the environment, the files are written anew; the change then
/// shows in review.
func expectSnapshot(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Snapshots/\(name).txt")
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try Data(text.utf8).write(to: file)
  }
  let recorded = try? String(contentsOf: file, encoding: .utf8)
  #expect(text == recorded, "snapshot \(name)", sourceLocation: sourceLocation)
}
