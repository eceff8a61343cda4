import Foundation

/// This process's control group and those around it, whose limits hold as well.
///
/// Version 2 has one tree of groups; version 1, which older systems mount, a tree a controller.
/// Sources: Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
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

  /// The process's own, of version 2.
  package static var current: ControlGroup { ControlGroup(membership: ownMembership) }

  /// The process's own for a controller of version 1, such as "memory"; nil where it has none.
  static func current(_ controller: String) -> ControlGroup? {
    ControlGroup(controller: controller, membership: ownMembership)
  }

  /// The group of version 2 in the text of /proc/self/cgroup; without a line `0::/path` the root's.
  init(membership: String, root: URL = mounts) {
    let path = membership.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? ""
    self.init(path: String(path), root: root)
  }

  /// The group of a controller of version 1 in that text, from a line `4:cpu,cpuacct:/path`.
  init?(controller: String, membership: String, root: URL = mounts) {
    for line in membership.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].split(separator: ",").contains(Substring(controller)) else {
        continue
      }
      self.init(path: String(parts[2]), root: root.appending(path: controller))
      return
    }
    return nil
  }

  private static let mounts = URL(filePath: "/sys/fs/cgroup")
  private static var ownMembership: String {
    (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
  }

  /// What every group with a limit of this kind says of it; `limit` reads one group's files.
  package func limits<Limit>(_ limit: (_ text: (_ file: String) -> String?) -> Limit?) -> [Limit] {
    folders.compactMap { folder in
      limit { try? String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    }
  }
}
