import Foundation

/// Texts from files and standard input.
enum TextInput {
  /// A text file's content.
  static func file(_ path: String) throws(CommandError) -> String {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw .file(path: path, reason: reason(path))
    }
    return try text(bytes, name: "'\(path)'")
  }

  /// Standard input to its end.
  static func standardInput() throws(CommandError) -> String {
    let bytes: Data
    do {
      bytes = try FileHandle.standardInput.readToEnd() ?? Data()
    } catch {
      throw .file(path: "standard input", reason: "it cannot be read")
    }
    return try text(bytes, name: "standard input")
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

  /// Why a file that could not be read cannot be read.
  private static func reason(_ path: String) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      return "there is no such file"
    }
    return isFolder.boolValue ? "it is a folder" : "not allowed to read it"
  }
}
