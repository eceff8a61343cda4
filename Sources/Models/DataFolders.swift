package import Foundation

/// Where the program's own data may lie: `share/internvl` beside the `bin` that the program is
/// installed in, or the project that it was built in.
package struct DataFolders: Sendable {
  let folders: [URL]

  /// The running program's.
  package static var current: DataFolders {
    let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return DataFolders(executable: executable)
  }

  /// Those of the program with this path; none where it is not known.
  init(executable: String?) {
    guard let program = executable.map({ URL(filePath: $0) }) else {
      folders = []
      return
    }
    let installed = program.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "share/internvl")
    let parts = program.pathComponents
    let project = parts.lastIndex(of: ".build").map { build in
      URL(filePath: parts[1..<build].reduce("") { "\($0)/\($1)" })
    }
    folders = [installed] + [project].compactMap(\.self)
  }

  /// A file that comes with the program, such as a demo picture.
  package func file(_ path: String) -> URL? {
    folders.map { $0.appending(path: path) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
