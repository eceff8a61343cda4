package import Files
import JSON
package import OpenAIMessages

/// A file of results, one JSON object a line, that grows safely: a row is whole or not there.
package final class BatchResultFile {
  /// The names of the rows that have a result.
  package private(set) var ids: Set<String> = []
  private let file: OpenFile
  private var length: Int64 = 0

  /// Opens the file, or makes it; a result that a crash left half written is removed.
  ///
  /// - Throws: `FileError`; `BatchError` for a file that is in use or holds something else.
  package init(_ path: String) throws {
    file = try OpenFile(growing: path)
    guard try file.tryLock() else { throw BatchError.inUse(path: path) }
    let bytes = try file.readToEnd()
    var number = 0
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      number += 1
      let line = Array(bytes[start..<end])
      guard let members = try? JSONObject.members(line.span.bytes),
        case .string(let id)? = members["custom_id"]
      else { throw BatchError.notResults(path: path, line: number) }
      ids.insert(id)
      start = end + 1
    }
    length = Int64(start)
    if start < bytes.count { try file.truncate(to: length) }
  }

  /// Adds a result; on return it is on the disk.
  package func append(_ line: [UInt8]) throws(FileError) {
    do throws(FileError) {
      try file.append(line + [0x0A])
      try file.synchronize()
    } catch {
      try? file.truncate(to: length)
      throw error
    }
    length += Int64(line.count) + 1
  }
}

/// Why a batch cannot be carried out.
package enum BatchError: Error, Equatable {
  /// Another program writes the file of results.
  case inUse(path: String)
  /// The file of results holds something else, in this line.
  case notResults(path: String, line: Int)
  /// A line of the requests is not one.
  case badRow(line: Int, RequestFault)
  /// Two rows have the same name.
  case doubleID(String)
}

extension BatchError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .inUse(let path): "'\(path)' is written by another program"
    case .notResults(let path, let line): "line \(line) of '\(path)' is not a result of a batch"
    case .badRow(let line, let fault): "line \(line) is not a request of a batch: \(fault)"
    case .doubleID(let id): "two rows have the custom_id '\(id)'"
    }
  }
}
