import Archives
import Files

/// An archive of pictures, which is read where it lies.
package struct PictureArchive: Sendable, Equatable {
  /// The most bytes of a member's name.
  private static let longestName = 4096

  /// A file in an archive.
  struct Member: Equatable {
    let name: String
    /// The place among all members, from 0.
    let index: Int
    let identity: PictureIdentity
    /// Why it cannot be captioned.
    var problem: String?
  }

  /// What an archive holds.
  struct Listing: Equatable {
    var members: [Member] = []
    var leftOut: [String: Int] = [:]
    /// Why there may be more.
    var problem: String?
  }

  package let path: String
  let limits: ArchiveLimits

  package init(path: String, limits: ArchiveLimits = .standard) {
    self.path = path
    self.limits = limits
  }

  /// Reads the headers of all members, as far as the limits go; contents are passed over.
  func list() -> Listing {
    var listing = Listing()
    do {
      try list(into: &listing)
    } catch {
      listing.problem = "'\(path)' cannot be read further: \(error)"
    }
    return listing
  }

  private func list(into listing: inout Listing) throws(PictureArchiveFault) {
    let fileBytes = Int(FileSystem.fileSize(path) ?? 0)
    var names: [ExactText: Int] = [:]
    var unpacked = 0
    var index = 0
    let reader = try reader()
    while let member = try reader.nextMember() {
      guard index < limits.members else { throw .tooManyMembers(limit: limits.members) }
      defer { index += 1 }
      if member.kind == .folder { continue }
      let size = member.size ?? 0
      unpacked += min(size, .max - unpacked)
      var entry = entry(member, index: index)
      if entry.name.lastPathPart.utf8.starts(with: ".".utf8) {
        listing.leftOut["hidden", default: 0] += 1
      } else {
        let times = names[ExactText(entry.name), default: 0] + 1
        names[ExactText(entry.name)] = times
        if times > 1 { entry = entry.renamed(times) }
        listing.members.append(entry)
      }
      // To pass over the content of a compressed archive is to unpack it.
      guard reader.isCompressed else { continue }
      guard size <= limits.memberBytes else {
        throw .memberTooLarge(name: entry.name, bytes: size)
      }
      guard
        unpacked / limits.expansion <= max(fileBytes, limits.memberBytes / limits.expansion)
      else { throw .expandsTooMuch(limit: limits.expansion) }
    }
  }

  /// What reads the archive, from its beginning.
  func reader() throws(PictureArchiveFault) -> ArchiveReader {
    do {
      return try ArchiveReader(path: path)
    } catch {
      throw .archive(error)
    }
  }

  private func entry(_ member: ArchiveMember, index: Int) -> Member {
    let name = member.name.map(Self.withoutDot) ?? "member \(index + 1)"
    let problem: String? =
      if member.name == nil {
        "has a name that is not UTF-8"
      } else if Self.isAbsurd(name) {
        "has a name that no file can have"
      } else if member.kind == .link {
        "is a link"
      } else if member.kind == .other {
        "is not a file"
      } else if member.isEncrypted {
        "is encrypted"
      } else if member.size ?? 0 > limits.memberBytes {
        "has \(ByteCount(member.size ?? 0)), which is too large"
      } else {
        nil
      }
    return Member(
      name: name, index: index,
      identity: PictureIdentity(bytes: member.size ?? 0, modified: member.modified),
      problem: problem.map { "'\(path)!\(name)' \($0)" })
  }

  private static func withoutDot(_ name: String) -> String {
    name.utf8.starts(with: "./".utf8)
      ? String(decoding: name.utf8.dropFirst(2), as: UTF8.self) : name
  }

  private static func isAbsurd(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return name.utf8.count > longestName
      || parts.contains { $0.isEmpty || $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) }
  }
}

extension PictureArchive.Member {
  /// The member under a name of its own, where others before it have the same: `a#2.png`.
  fileprivate func renamed(_ times: Int) -> Self {
    Self(
      name: name.insertingBeforePathEnding("#\(times)"), index: index, identity: identity,
      problem: problem)
  }
}

extension ArchiveReader {
  /// The next member's header; nil at the end.
  func nextMember() throws(PictureArchiveFault) -> ArchiveMember? {
    do {
      return try next()
    } catch {
      throw .archive(error)
    }
  }

  /// The rest of the member's content.
  func content(limit: Int) throws(PictureArchiveFault) -> [UInt8] {
    do {
      return try readToEnd(limit: limit)
    } catch {
      throw .archive(error)
    }
  }
}
