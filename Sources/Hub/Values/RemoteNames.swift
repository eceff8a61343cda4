import Files

/// A repository's id at a hub: "owner/name" in the characters that both hubs allow.
package struct RepositoryID: Hashable, Sendable, CustomStringConvertible {
  package let owner: String
  package let name: String

  package var description: String { "\(owner)/\(name)" }

  /// Checks an id by the rules of huggingface_hub 2.4 (`validate_repo_id`), with an owner required.
  package init(_ text: String) throws(HubError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(Self.isAllowed), !text.contains("--"),
      !text.contains(".."), !text.hasSuffix(".git")
    else { throw .badRepository(text) }
    (owner, name) = (parts[0], parts[1])
  }

  private static func isAllowed(_ part: String) -> Bool {
    guard (1...96).contains(part.utf8.count), let first = part.first, let last = part.last else {
      return false
    }
    let marks: Set<Character> = ["-", "."]
    return !marks.contains(first) && !marks.contains(last)
      && part.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_.".utf8.contains($0) }
  }
}

/// A branch, tag or commit, safe as a folder name below `refs/` and in a URL.
package struct Revision: Hashable, Sendable, CustomStringConvertible {
  package let name: String
  package var description: String { name }

  package init(_ text: String) throws(HubError) {
    guard (try? RemotePath(text)) != nil, text.utf8.first != UInt8(ascii: "-"),
      !text.utf8.contains(UInt8(ascii: " "))
    else { throw .badRevision(text) }
    name = text
  }

  /// Whether this is a full commit id, which never moves.
  var isCommit: Bool { name.isHex(count: 40) }
}

/// A file's path inside a repository, checked so that it stays inside whatever folder it is
/// joined to.
///
/// Allowed are letters, marks, digits, spaces, symbols and punctuation of any script, except
/// what some file system or shell treats as structure (`\ : * ? " < > |`). Segments are neither
/// empty nor "." nor "..", at most 255 bytes; the whole is at most 1024 bytes.
package struct RemotePath: Hashable, Sendable, CustomStringConvertible {
  package let text: String
  package var description: String { text }

  /// The parts between the slashes; at least one.
  var segments: [Substring] { text.pathSegments }

  /// Whether the file is in no folder of the repository.
  var isTopLevel: Bool { !text.utf8.contains(UInt8(ascii: "/")) }

  package init(_ text: String) throws(HubError) {
    guard text.utf8.count <= 1024 else { throw .unsafeName(text, .tooLong(limitBytes: 1024)) }
    for segment in text.pathSegments {
      guard !segment.isEmpty else {
        throw .unsafeName(text, .emptyPart)
      }
      guard segment != ".", segment != ".." else {
        throw .unsafeName(text, .outsideFolder)
      }
      guard segment.utf8.count <= 255 else {
        throw .unsafeName(text, .partTooLong(limitBytes: 255))
      }
      guard segment.unicodeScalars.allSatisfy(Self.isAllowed) else {
        throw .unsafeName(text, .forbiddenCharacter)
      }
    }
    self.text = text
  }

  private static let structural = Set(#"\:*?"<>|"#.unicodeScalars)

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: !structural.contains(scalar)
    }
  }
}

extension UInt8 {
  var isASCIILetterOrDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}

extension String {
  /// The parts between the slashes, empty ones included.
  ///
  /// A slash is a byte here and not a `Character`, which a combining mark after it would hide.
  var pathSegments: [Substring] {
    utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Substring.init)
  }

  /// Whether this is exactly `count` lower-case hexadecimal digits.
  func isHex(count: Int) -> Bool {
    utf8.count == count
      && utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// The text percent-encoded but for unreserved characters (RFC 3986) and those of `keeping`.
  func percentEncoded(keeping kept: String = "") -> String {
    var result = ""
    for byte in utf8 {
      if byte.isASCIILetterOrDigit || "-._~".utf8.contains(byte) || kept.utf8.contains(byte) {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + byte.hexadecimal.uppercased()
      }
    }
    return result
  }
}
