import Files

/// A file with the paths of pictures that failed, one a line; what it held before goes.
package final class FailureList {
  private let file: OpenFile

  package init(_ path: String) throws(CaptioningError) {
    do throws(FileError) {
      file = try OpenFile(growing: path)
      if try file.status().kind == .file { try file.truncate(to: 0) }
    } catch {
      throw .unopened(error)
    }
  }

  package func append(_ path: String) throws(CaptioningError) {
    do {
      try file.append(path + "\n")
    } catch {
      throw .output(error)
    }
  }
}
