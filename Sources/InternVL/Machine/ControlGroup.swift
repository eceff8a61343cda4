import Foundation

/// This process's control group (version 2) and those around it, whose limits hold as well.
///
/// Source: Linux, Documentation/admin-guide/cgroup-v2.rst.
package struct ControlGroup {
  /// Its folder first, then those around it.
  private let folders: [URL]

  /// The group at a path, which begins at `root`, where the groups are mounted.
  init(path: String, root: URL) {
    var folder = root
    var folders = [folder]
    for name in path.split(separator: "/") {
      folder.append(path: String(name))
      folders.append(folder)
    }
    self.folders = folders.reversed()
  }

  /// The process's own; without a line `0::/path` in /proc/self/cgroup that of the root.
  package static var current: ControlGroup {
    let lines = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    let path = lines.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? ""
    return ControlGroup(path: String(path), root: URL(filePath: "/sys/fs/cgroup"))
  }

  /// What every group with a limit of this kind says of it; `limit` reads one group's files.
  package func limits<Limit>(_ limit: (_ text: (_ file: String) -> String?) -> Limit?) -> [Limit] {
    folders.compactMap { folder in
      limit { try? String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    }
  }
}
