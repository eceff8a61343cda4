import Archives

/// The contents of archives' members, asked for in their order, so that each archive is read once.
final class ArchiveContents {
  private var archive: PictureArchive?
  private var reader: ArchiveReader?
  /// The member that comes next.
  private var next = 0

  /// The bytes of a member.
  ///
  /// - Throws: also where the archive is not the one that was listed.
  func bytes(
    of index: Int, in archive: PictureArchive, identity: PictureIdentity
  ) throws(PictureArchiveFault) -> [UInt8] {
    let reader = try reader(of: archive, from: index)
    do throws(PictureArchiveFault) {
      while let member = try reader.nextMember() {
        next += 1
        guard next > index else { continue }
        let now = PictureIdentity(bytes: member.size ?? 0, modified: member.modified)
        guard now == identity else { break }
        return try reader.content(limit: archive.limits.memberBytes)
      }
      throw .changed
    } catch {
      self.reader = nil
      throw error
    }
  }

  /// What reads an archive, in front of a member.
  private func reader(
    of archive: PictureArchive, from index: Int
  ) throws(PictureArchiveFault) -> ArchiveReader {
    if let reader, archive == self.archive, index >= next { return reader }
    let new = try archive.reader()
    (reader, self.archive, next) = (new, archive, 0)
    return new
  }
}
