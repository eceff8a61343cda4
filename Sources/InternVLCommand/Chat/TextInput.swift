import Files
import Foundation

/// Texts from files and standard input.
enum TextInput {
  /// A text file's content.
  static func file(_ path: String) throws -> String {
    try text(Data(OpenFile(reading: path).readToEnd()), name: "'\(path)'")
  }

  /// Standard input to its end.
  static func standardInput() throws(CommandError) -> String {
    let bytes: Data
    do {
      bytes = try FileHandle.standardInput.readToEnd() ?? Data()
    } catch {
      throw .noStandardInput
    }
    return try text(bytes, name: "standard input")
  }

  /// What a pipe or a file gives on standard input; nil where there is neither, or it is empty.
  static func piped() throws(CommandError) -> String? {
    var status = stat()
    guard fstat(STDIN_FILENO, &status) == 0,
      [S_IFIFO, S_IFREG].contains(status.st_mode & S_IFMT)
    else { return nil }
    var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    if poll(&wait, 1, 1000) == 0 {
      StandardError.say(
        "internvl: waiting for the text on standard input; </dev/null goes on without one")
    }
    let text = try standardInput()
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  /// The text without a byte-order mark; throws when it is not UTF-8.
  static func text(_ bytes: Data, name: String) throws(CommandError) -> String {
    let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .notUTF8(name: name, offset: bytes.count - content.count + validLength(content))
    }
    return text
  }

  /// How many leading bytes are whole characters.
  private static func validLength(_ bytes: Data) -> Int {
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    var length = 0
    while case .scalarValue(let scalar) = decoder.decode(&rest) {
      length += UTF8.width(scalar)
    }
    return length
  }
}
