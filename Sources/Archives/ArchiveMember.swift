internal import CArchive
import Files

/// What the header of an archive's member says.
package struct ArchiveMember: Sendable, Equatable {
  package enum Kind: Sendable { case file, folder, link, other }

  /// The name's bytes as text; nil where they are none, or not UTF-8.
  package let name: String?
  package let kind: Kind
  /// The unpacked size; nil where the archive does not say it beforehand.
  package let size: Int?
  /// The time of change in milliseconds since 1970; 0 where it is not told.
  package let modified: Int
  package let isEncrypted: Bool

  init(_ entry: OpaquePointer, name: UnsafePointer<CChar>?) {
    self.name = name.flatMap { String(validatingCString: $0) }
    let type = archive_entry_filetype(entry)
    kind =
      if archive_entry_hardlink(entry) != nil {
        .link
      } else if type == 0o100000 {
        .file
      } else if type == 0o040000 {
        .folder
      } else if type == 0o120000 {
        .link
      } else {
        .other
      }
    size =
      archive_entry_size_is_set(entry) != 0 ? Int(max(0, archive_entry_size(entry))) : nil
    let (seconds, overflow) = Int(archive_entry_mtime(entry)).multipliedReportingOverflow(by: 1000)
    modified = overflow ? 0 : seconds &+ Int(archive_entry_mtime_nsec(entry)) / 1_000_000
    isEncrypted = archive_entry_is_encrypted(entry) != 0
  }
}
