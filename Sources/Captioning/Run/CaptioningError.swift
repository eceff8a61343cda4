package import Files

/// Why captions could not be read or written.
package enum CaptioningError: Error, Equatable {
  /// No file or folder has this path.
  case missing(path: String)
  /// None of the paths holds a picture.
  case noImages
  /// The output could not be opened or read.
  case unopened(FileError)
  /// A row or a text file could not be written.
  case output(FileError)
  /// A row has no form in JSON.
  case unwritableRow(file: String)
  /// Another run writes to the same output.
  case inUse(file: String)
  /// The output exists and does not hold captions; `line` starts at 1.
  case notCaptions(file: String, line: Int)
}

extension CaptioningError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      "there is no file or folder '\(path)'"
    case .noImages:
      "the folders hold no pictures"
    case .unopened(let error):
      "cannot open '\(error.path)' for captions: \(error.reason)"
    case .unwritableRow(let file):
      "cannot write captions to '\(file)': the row has no form in JSON"
    case .output(let error):
      "cannot write captions to '\(error.path)': \(error.reason); what was written before is kept, and the "
        + "next run goes on from there"
    case .inUse(let file):
      "another run is writing to '\(file)'"
    case .notCaptions(let file, let line):
      "line \(line) of '\(file)' is not a caption; the file is left as it is"
    }
  }
}
