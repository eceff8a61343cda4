import Foundation
import Synchronization

/// Reads standard input a line at a time.
final class LineReader: Sendable {
  private let rest = Mutex(Data())

  /// The next line without its line feed, also a last one that has none; nil at the end.
  func next() -> [UInt8]? {
    rest.withLock { rest in
      while true {
        if let end = rest.firstIndex(of: 0x0A) {
          defer { rest = Data(rest[rest.index(after: end)...]) }
          return [UInt8](rest[..<end])
        }
        let bytes = FileHandle.standardInput.availableData
        guard !bytes.isEmpty else {
          defer { rest = Data() }
          return rest.isEmpty ? nil : [UInt8](rest)
        }
        rest += bytes
      }
    }
  }
}
