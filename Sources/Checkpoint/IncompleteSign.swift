import Files

/// What shows that a file was not downloaded to its end.
package enum IncompleteSign: Equatable, Sendable {
  /// The file has no bytes.
  case empty
  /// The file begins with zeros: space was reserved and not filled.
  case zeros
  /// The file is what Git checks out in place of a large file that was not fetched.
  case pointer
  /// The file ends before its header does.
  case headerCut(needed: Int, actual: Int)
  /// The file ends before the bytes of a tensor.
  case tensorCut(tensor: String, needed: Int, actual: Int)
  /// The file lacks what its format puts at the end.
  case noEnd
}

extension IncompleteSign {
  /// The sign that a file of any of the formats shows at its beginning, or nil.
  init?(beginningOf bytes: RawSpan) {
    if bytes.isEmpty {
      self = .empty
    } else if bytes.starts(with: [UInt8](repeating: 0, count: min(8, bytes.byteCount))) {
      self = .zeros
    } else if bytes.starts(with: Array("version https://git-lfs".utf8)) {
      self = .pointer
    } else {
      return nil
    }
  }
}

extension IncompleteSign: CustomStringConvertible {
  package var description: String {
    switch self {
    case .empty:
      "it has no bytes"
    case .zeros:
      "it begins with zeros"
    case .pointer:
      "it is a Git LFS pointer in place of the file"
    case .headerCut(let needed, let actual):
      "its header needs \(needed) bytes, the file ends after \(actual)"
    case .tensorCut(let tensor, let needed, let actual):
      "tensor \(tensor.quoted) ends at byte \(needed), the file ends after \(actual)"
    case .noEnd:
      "its last part is missing"
    }
  }
}
