#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Files

/// The shell's patterns for names: `*`, `?`, `[a-z]`.
enum Glob {
  /// Whether a pattern matches a name.
  ///
  /// A pattern without a "/" is about the name's last part, any other one about all of it; `*` stands for
  /// a "/" too.
  static func matches(_ pattern: String, _ name: String) -> Bool {
    fnmatch(pattern, pattern.utf8.contains(UInt8(ascii: "/")) ? name : name.lastPathPart, 0) == 0
  }
}
