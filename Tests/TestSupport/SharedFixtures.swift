package import Foundation

/// The golden data in `shared/fixtures` beside the project, where it is present.
///
/// Tests that need it are marked `.enabled(if: SharedFixtures.present)`, so that on a clone
/// without it they report themselves as skipped, by name.
package enum SharedFixtures {
  /// The project's root folder.
  package static let projectRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// `shared/fixtures` beside the project's root.
  package static let root = projectRoot.deletingLastPathComponent()
    .appending(path: "shared/fixtures")

  /// Whether the golden data is there.
  package static let present = FileManager.default.fileExists(
    atPath: root.appending(path: "README.md").path)

  /// A file or folder below `shared/fixtures`.
  package static func url(_ path: String) -> URL { root.appending(path: path) }
}
