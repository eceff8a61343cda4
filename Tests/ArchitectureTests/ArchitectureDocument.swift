import Foundation
import TestSupport

/// What `docs/architecture.md` says about modules: its tree of folders, and its picture of floors.
struct ArchitectureDocument {
  /// A module in the picture.
  struct Module {
    let name: String
    /// Floors are counted from the top; a larger number is further down.
    let floor: Int
    /// The C modules in brackets behind its name.
    let foreign: [String]
  }

  /// Folders under `Sources`, such as `Hub` and `Hub/Cache`, in the order of the document.
  let folders: [String]
  let modules: [Module]

  /// Reads the document of this checkout.
  init() throws {
    let file = SharedFixtures.projectRoot.appending(path: "docs/architecture.md")
    let blocks = Self.indentedBlocks(try String(contentsOf: file, encoding: .utf8))
    folders = blocks.first.map(Self.folders) ?? []
    modules = blocks.first { $0.contains { $0.contains("┌") } }.map(Self.modules) ?? []
  }

  subscript(name: String) -> Module? { modules.first { $0.name == name } }

  /// Runs of lines that Markdown shows as code, without the four spaces in front.
  private static func indentedBlocks(_ text: String) -> [[String]] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .split { !$0.hasPrefix("    ") }
      .map { $0.map { String($0.dropFirst(4)) } }
  }

  /// `Hub/  what it is`, and two spaces further in `Cache/  what it is`.
  private static func folders(_ lines: [String]) -> [String] {
    var module = ""
    return lines.compactMap { line in
      guard let match = line.prefixMatch(of: /(\s*)(\w+)\/(\s|$)/) else { return nil }
      let name = String(match.2)
      guard match.1.isEmpty else { return "\(module)/\(name)" }
      module = name
      return name
    }
  }

  /// A floor a line between rules; `Hub (CCurl)` is a module and its C modules.
  private static func modules(_ lines: [String]) -> [Module] {
    lines.enumerated().flatMap { floor, line in
      line.matches(of: /(\w+)(?: \(([\w, ]+)\))?/).map { match in
        let foreign = match.2?.split(separator: ", ").map(String.init) ?? []
        return Module(name: String(match.1), floor: floor, foreign: foreign)
      }
    }
  }
}
