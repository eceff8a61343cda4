#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What could not be done with a file or folder, and why.
package struct FileError: Error, Equatable, Sendable {
  /// What was tried; its text follows "cannot" in sentences.
  package enum Operation: String, Sendable {
    case open, create, read, write, inspect, link, list, lock, map, remove
    case move = "move to"
  }

  package enum Reason: Equatable, Sendable {
    /// A system call failed; `code` is its `errno`.
    case system(code: Int32)
    /// A folder stands where a file belongs.
    case isFolder
    /// Neither a file nor a folder: a pipe, a socket or a device.
    case notAFile
    /// A link stands where a folder belongs.
    case isLink
    /// Something else stands where a folder belongs.
    case notAFolder
    /// The file lost bytes that were there a moment ago.
    case isShorter
    /// The file has more bytes than its reader takes.
    case tooLarge(limitBytes: Int)
  }

  package let operation: Operation
  package let path: String
  package let reason: Reason

  package init(_ operation: Operation, _ path: String, _ reason: Reason) {
    (self.operation, self.path, self.reason) = (operation, path, reason)
  }

  /// The failure of the system call that was made last.
  static func system(_ operation: Operation, _ path: String) -> FileError {
    FileError(operation, path, .lastSystemError)
  }
}

extension FileError {
  /// The last part of the path.
  package var name: String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) }
      ?? path
  }

  /// The system's error number; nil where no system call failed.
  package var code: Int32? {
    guard case .system(let code) = reason else { return nil }
    return code
  }

  /// Whether the disk, or the user's share of it, has no room left.
  package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

  /// Whether the user may not do this here: permissions, or a volume that can only be read.
  package var isForbidden: Bool { code == EACCES || code == EPERM || code == EROFS }

  /// Whether nothing has this path.
  package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
}

extension FileError.Reason {
  /// What the system call that was made last, and failed, says.
  package static var lastSystemError: Self { .system(code: errno) }
}

extension FileError: CustomStringConvertible {
  package var description: String { "cannot \(operation.rawValue) '\(path)': \(reason)" }
}

extension FileError.Reason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let code): String(cString: strerror(code))
    case .isFolder: "it is a folder"
    case .notAFile: "it is not a file"
    case .isLink: "it is a link where a folder belongs"
    case .notAFolder: "it is a file where a folder belongs"
    case .isShorter: "it is shorter than it was"
    case .tooLarge(let limit): "it has more than \(limit) bytes"
    }
  }
}
