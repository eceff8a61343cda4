import Foundation
import TestSupport

/// What is in `Sources` and `Package.swift`.
enum SourceTree {
  private static let root = SharedFixtures.projectRoot.appending(path: "Sources")

  /// Modules and the folders in them, such as `Hub` and `Hub/Cache`; deeper ones are not told.
  static func folders() throws -> [String] {
    try subfolders(root).flatMap { module in
      [module] + (try subfolders(root.appending(path: module))).map { "\(module)/\($0)" }
    }
  }

  /// The modules that the Swift files of a module import.
  static func imports(of module: String) throws -> Set<String> {
    let folder = root.appending(path: module)
    var imports: Set<String> = []
    for case let path as String in FileManager.default.enumerator(atPath: folder.path) ?? .init()
    where path.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      let pattern = /^(?:@\w+ )?(?:\w+ )?import (?:(?:struct|class|enum|func|protocol) )?(\w+)/
      imports.formUnion(text.matches(of: pattern.anchorsMatchLineEndings()).map { String($0.1) })
    }
    return imports
  }

  /// The targets of `Package.swift` and the project's own targets that each depends on.
  static func declaredDependencies() throws -> [String: Set<String>] {
    let file = SharedFixtures.projectRoot.appending(path: "Package.swift")
    let text = try String(contentsOf: file, encoding: .utf8)
    var dependencies: [String: Set<String>] = [:]
    let pattern = /(?:[tT]arget|systemLibrary)\(\s*name: "(\w+)"(?:,\s*dependencies: \[([^\]]*)\])?/
    for match in text.matches(of: pattern) {
      let names = (match.2 ?? "").matches(of: /(\w+: )?"([\w-]+)"/).filter { $0.1 == nil }
      dependencies[String(match.1)] = Set(names.map { String($0.2) })
    }
    return dependencies
  }

  /// The folders in a folder, without the empty ones that a checkout keeps of moved files.
  private static func subfolders(_ folder: URL) throws -> [String] {
    try contents(folder)
      .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
      .filter { try !contents($0).isEmpty }
      .map(\.lastPathComponent).sorted()
  }

  private static func contents(_ folder: URL) throws -> [URL] {
    try FileManager.default
      .contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isDirectoryKey])
  }
}
