import Files
import FoundationEssentials

/// Environment variables, read the way the Python clients read them; empty counts as not set.
struct EnvironmentVariables {
  private let values: [String: String]

  init(_ values: [String: String]) { self.values = values.filter { !$0.value.isEmpty } }

  subscript(name: String) -> String? { values[name] }

  /// "1", "true", "yes" and "on" in any case.
  func isTrue(_ name: String) -> Bool {
    ["1", "true", "yes", "on"].contains(values[name]?.lowercased() ?? "")
  }

  /// A positive number of seconds.
  func seconds(_ name: String) throws(HubError) -> Duration? {
    guard let text = values[name] else { return nil }
    guard let seconds = Double(text), seconds > 0, seconds <= 86_400 else {
      throw .badSetting(variable: name, value: text, expected: "seconds, more than 0")
    }
    return .seconds(seconds)
  }

  /// An address; `https` where no scheme is written.
  func address(_ names: String..., default standard: String) throws(HubError) -> WebAddress {
    let text = first(of: names) ?? standard
    var whole = text.contains("://") ? text : "https://\(text)"
    while whole.hasSuffix("/") { whole.removeLast() }
    guard let address = WebAddress(whole) else {
      throw .badSetting(
        variable: names.joined(separator: " or "), value: text,
        expected: "an http or https address")
    }
    return address
  }

  /// The first of several variables that is set, as a path with `~` and `$NAME` or `${NAME}` filled
  /// in; an unknown name stays as it is written.
  func path(_ names: String...) throws(HubError) -> String? {
    guard var text = first(of: names) else { return nil }
    if text == "~" || text.hasPrefix("~/") { text = try home(String(text.dropFirst(2))) }
    text = filledIn(text)
    guard text.hasPrefix("/") else {
      return FileManager.default.currentDirectoryPath + "/" + text
    }
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    return text
  }

  /// A path below the home folder.
  func home(_ path: String) throws(HubError) -> String {
    guard let home = values["HOME"], home.hasPrefix("/") else {
      throw .badSetting(variable: "HOME", value: values["HOME"] ?? "", expected: "a folder's path")
    }
    return path.isEmpty ? home : "\(home)/\(path)"
  }

  /// The first of several variables that is set.
  func first(of names: [String]) -> String? { names.lazy.compactMap { values[$0] }.first }

  /// A token, which is printable ASCII, without the white space around it; nil when there is none.
  ///
  /// `source` is the variable or file that it comes from.
  static func token(_ text: String?, from source: String) throws(HubError) -> String? {
    let token = (text ?? "").trimmingWhitespace()
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .badSetting(variable: source, value: "…", expected: "a token on one line")
    }
    return token.isEmpty ? nil : token
  }

  private func filledIn(_ text: String) -> String {
    text.replacing(/\$(?:\{(\w+)\}|(\w+))/) { match in
      values[String(match.1 ?? match.2 ?? "")] ?? String(match.0)
    }
  }
}

/// The text of a file of at most 64 KiB; nil when it cannot be read.
package func readSmallFile(_ path: String) -> String? {
  guard let bytes = try? OpenFile(reading: path).readToEnd(limit: 1 << 16) else { return nil }
  return String(validating: bytes, as: UTF8.self)
}
