import Imaging

/// How much of an archive is looked at.
package struct ArchiveLimits: Sendable, Equatable {
  /// The most members.
  package var members: Int
  /// The largest size of a member that is read, or passed over where that means unpacking it.
  package var memberBytes: Int
  /// How many times larger than its file a compressed archive may become; pictures hardly shrink.
  package var expansion: Int

  package init(members: Int, memberBytes: Int, expansion: Int) {
    self.members = members
    self.memberBytes = memberBytes
    self.expansion = expansion
  }

  /// A million members, each as large as a picture's file may be, 200 times the archive's size.
  package static let standard = ArchiveLimits(
    members: 1_000_000, memberBytes: ImageLimits.standard.maxFileBytes, expansion: 200)
}
