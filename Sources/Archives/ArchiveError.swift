/// Why an archive could not be read further.
package enum ArchiveError: Error, Equatable {
  /// libarchive could not make sense of it, or the system could not read it; the message is libarchive's.
  case unreadable(message: String)
  /// It ends before the member that was wanted.
  case noMember
  /// A member has more bytes than its reader takes.
  case tooLarge(limitBytes: Int)
}

extension ArchiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let message): message
    case .noMember: "it ends too early"
    case .tooLarge(let limitBytes): "it has more than \(limitBytes) bytes"
    }
  }
}
