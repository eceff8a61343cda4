package import Files

/// Why captions could not be read or written.
package enum CaptioningError: Error, Equatable {
  /// No file or folder has this path.
  case missing(path: String)
  /// A path lies outside of the folder that names are relative to.
  case outsideBase(path: String, base: String)
  /// None of the paths holds a picture.
  case noImages
  /// A list's entry, counted from 1, is not UTF-8.
  case badListEntry(Int)
  /// A prompt has a variable that there is not.
  case unknownVariable(String)
  /// A prompt's answer would have the name of another column.
  case reservedField(String)
  /// Several prompts have answers of one name.
  case repeatedField(String)
  /// The output could not be opened or read.
  case unopened(FileError)
  /// A row or a text file could not be written.
  case output(FileError)
  /// A file that is to be written is one that is read.
  case overwritesInput(file: String)
  /// Two files that are to be written are one.
  case sameOutput(file: String)
  /// Another run writes to the same output.
  case inUse(file: String)
  /// The output exists and does not hold captions; `line` starts at 1.
  case notCaptions(file: String, line: Int)
  /// The output is an archive without captions.
  case foreignArchive(file: String)
  /// The output holds answers to other questions.
  case otherColumns(file: String)
  /// The output holds captions that were made with other settings.
  case otherSettings(file: String, [SettingDifference])
}

extension CaptioningError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      "there is no file or folder '\(path)'"
    case .outsideBase(let path, let base):
      "'\(path)' does not lie in '\(base)', the folder of the output"
    case .noImages:
      "there are no pictures"
    case .badListEntry(let number):
      "entry \(number) of the list is not UTF-8; rename the file"
    case .unknownVariable(let name):
      "the prompt has the unknown variable {\(name)}; known are "
        + PromptTemplate.Variable.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
        + ", and {{\(name)}} is the text {\(name)}"
    case .reservedField(let name):
      "a prompt's answer cannot be called '\(name)', which is another column"
    case .repeatedField(let name):
      "several prompts have an answer '\(name)'; give each a name of its own, such as 'tags=...'"
    case .unopened(let error):
      "cannot open '\(error.path)' for captions: \(error.reason)"
    case .output(let error):
      "cannot write captions to '\(error.path)': \(error.reason); what was written before is kept, and the "
        + "next run goes on from there"
    case .overwritesInput(let file):
      "'\(file)' is read, and cannot be written too; choose another file"
    case .sameOutput(let file):
      "'\(file)' is to be written twice; choose another file"
    case .inUse(let file):
      "another run is writing to '\(file)'"
    case .notCaptions(let file, let line):
      "line \(line) of '\(file)' is not a caption; the file is left as it is"
    case .foreignArchive(let file):
      "'\(file)' is an archive without captions; it is left as it is"
    case .otherColumns(let file):
      "'\(file)' has the answers to other questions"
    case .otherSettings(let file, let differences):
      "'\(file)' has captions that were made with other settings: "
        + differences.map(\.description).joined(separator: "; ")
    }
  }
}

extension CaptioningError {
  /// Whether the request is at fault, and not a file.
  package var isUsageError: Bool {
    switch self {
    case .unknownVariable, .reservedField, .repeatedField, .overwritesInput, .sameOutput: true
    default: false
    }
  }
}
