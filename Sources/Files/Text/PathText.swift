/// Parts of a path, told apart by bytes: a "/" before a combining mark is no `Character` of its own.
extension String {
  /// What stands behind the last "/".
  package var lastPathPart: String {
    utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self[utf8.index(after: $0)...]) } ?? self
  }

  /// What stands in front of the last "/"; empty where there is none.
  package var pathFolder: String {
    utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self[..<$0]) } ?? ""
  }

  /// Behind the last "." of the last part, in lower case; empty where that part has none, or has it in
  /// front.
  package var pathEnding: String {
    let name = lastPathPart
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
      return ""
    }
    return name[name.utf8.index(after: dot)...].lowercased()
  }

  /// The path without its ending and the "." in front of it.
  package var withoutPathEnding: String {
    let bytes = pathEnding.isEmpty ? nil : utf8.lastIndex(of: UInt8(ascii: "."))
    return bytes.map { String(self[..<$0]) } ?? self
  }

  /// The path with a text in front of its ending: `a.png` with "-2" becomes `a-2.png`.
  package func insertingBeforePathEnding(_ text: String) -> String {
    let stem = withoutPathEnding
    return stem + text + String(decoding: utf8.dropFirst(stem.utf8.count), as: UTF8.self)
  }
}
