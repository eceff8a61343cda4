package import Foundation

/// The text that a snapshot file recorded; nil where there is no such file.
///
/// With `UPDATE_SNAPSHOTS=1` in the environment the file is first written anew with `text`; the change
/// then shows in review.
package func recordedText(_ file: URL, updatedBy text: String) throws -> String? {
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try Data(text.utf8).write(to: file)
  }
  return try? String(contentsOf: file, encoding: .utf8)
}
