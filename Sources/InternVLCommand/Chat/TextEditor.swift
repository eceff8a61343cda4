import Files
import Foundation

/// The user's own editor.
enum TextEditor {
  /// Has the user edit a text in `$VISUAL`, `$EDITOR` or vi; nil when the editor failed.
  ///
  /// - Throws: `FileError` when the text cannot be handed over.
  static func edit(_ text: String) throws -> String? {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "internvl-\(FileSystem.uniqueName()).txt").path
    defer { FileSystem.removeFile(path) }
    let file = try OpenFile(newFile: path)
    chmod(path, 0o600)
    try file.append(text + "\n")
    setenv("INTERNVL_EDITED", path, 1)
    defer { unsetenv("INTERNVL_EDITED") }
    // The shell, since the variables may hold options as well.
    guard system("${VISUAL:-${EDITOR:-vi}} \"$INTERNVL_EDITED\" >&2") == 0 else { return nil }
    return String(decoding: try OpenFile(reading: path).readToEnd(), as: UTF8.self)
  }
}
