import Foundation
import TestSupport
import Testing

/// Compares text that users see with the file that recorded it.
func expectSnapshot(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Snapshots/\(name).txt")
  let recorded = try recordedText(file, updatedBy: text)
  #expect(text == recorded, "snapshot \(name)", sourceLocation: sourceLocation)
}
