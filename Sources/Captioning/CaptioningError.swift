/// Why captions could not be read or written.
package enum CaptioningError: Error, Equatable {
  /// No file or folder has this path.
  case missing(path: String)
  /// None of the paths holds a picture.
  case noImages
  /// The output could not be opened or read; `reason` is the system's sentence.
  case unopened(file: String, reason: String)
  /// A row or a text file could not be written; `reason` is the system's sentence.
  case output(file: String, reason: String)
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
    case .unopened(let file, let reason):
      "cannot open '\(file)' for captions: \(reason)"
    case .output(let file, let reason):
      "cannot write captions to '\(file)': \(reason); what was written before is kept, and the "
        + "next run goes on from there"
    case .inUse(let file):
      "another run is writing to '\(file)'"
    case .notCaptions(let file, let line):
      "line \(line) of '\(file)' is not a caption; the file is left as it is"
    }
  }
}
