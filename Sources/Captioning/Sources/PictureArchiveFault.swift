import Archives
import Files

/// Why an archive of pictures is not read further.
enum PictureArchiveFault: Error, Equatable {
  case archive(ArchiveError)
  case tooManyMembers(limit: Int)
  /// A member whose content would have to be unpacked to pass over it.
  case memberTooLarge(name: String, bytes: Int)
  case expandsTooMuch(limit: Int)
  /// It is not the archive that was listed.
  case changed
}

extension PictureArchiveFault: CustomStringConvertible {
  var description: String {
    switch self {
    case .archive(let error): "\(error)"
    case .tooManyMembers(let limit): "it has more than \(limit) members"
    case .memberTooLarge(let name, let bytes):
      "\(name.quoted) becomes \(ByteCount(bytes)), which is too large"
    case .expandsTooMuch(let limit): "it becomes more than \(limit) times as large"
    case .changed: "it is not as it was a moment ago"
    }
  }
}
