import Files

/// A file with the paths of pictures that failed, one a line; what it held before goes.
package final class FailureList {
  private let file: OpenFile

  /// - Throws: `CaptioningError`, also where another run has the file; it is then as it was.
  package init(_ path: String) throws(CaptioningError) {
    let isRegular: Bool
    do throws(FileError) {
      file = try OpenFile(growing: path)
      isRegular = try file.status().kind == .file
    } catch {
      throw .unopened(error)
    }
    guard isRegular else { return }
    guard (try? file.tryLock()) == true else { throw .inUse(file: path) }
    do {
      try file.truncate(to: 0)
    } catch {
      throw .output(error)
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
