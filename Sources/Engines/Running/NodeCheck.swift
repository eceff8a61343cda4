import Foundation
import Processes

/// Asks the machines that are to serve a model together whether they have the same engine and model.
package struct NodeCheck: Sendable {
  /// What a node has.
  struct Report: Equatable {
    /// Nil where the engine is not installed.
    var version: EngineVersion?
    /// Of the folder's files, their names and sizes; nil where there is no such folder.
    var files: String?
  }

  private let engine: any Engine
  private let folder: String?
  private let searchPath: String
  private let timeLimit: Duration

  /// - Parameters:
  ///   - engine: what is to run on each node.
  ///   - model: the model that it serves.
  ///   - searchPath: folders in which `ssh` is looked for.
  ///   - timeLimit: how long each node may take to answer.
  package init(
    _ engine: any Engine, serving model: EngineModel, searchPath: String,
    timeLimit: Duration = .seconds(120)
  ) {
    self.engine = engine
    if case .folder(let path) = model.place { folder = path } else { folder = nil }
    self.searchPath = searchPath
    self.timeLimit = timeLimit
  }

  /// Compares all nodes with the first.
  ///
  /// - Throws: `NodeError` for the first node that cannot be reached, or differs.
  package func compare(
    _ nodes: EngineNodes, onNode: (String) -> Void
  ) throws(NodeError) {
    var first: Report?
    for node in nodes.names {
      onNode(node)
      let report = try ask(node)
      guard let version = report.version else {
        throw .notInstalled(engine: engine.name, node: node)
      }
      if let folder, report.files == nil { throw .noFolder(folder, node: node) }
      if let first, let expected = first.version {
        guard version == expected else {
          throw .otherVersion(
            engine: engine.name, node: node, version, head: nodes.head, expected)
        }
        guard report.files == first.files else {
          throw .otherFiles(folder ?? "", node: node, head: nodes.head)
        }
      }
      first = first ?? report
    }
  }

  private func ask(_ node: String) throws(NodeError) -> Report {
    let isHere = ThisMachine.has(EngineNodes.address(of: node))
    let name = isHere ? "sh" : "ssh"
    guard let program = ChildProcess.executable(name, searchPath: searchPath) else {
      throw .noSSH
    }
    let call =
      isHere
      ? ["-c", script]
      : EngineCommand.sshOptions + [node, "exec sh -c \(EngineCommand.quoted(script))"]
    var output = Data()
    do {
      try ChildProcess(executable: program, arguments: call, timeLimit: timeLimit).run { piece in
        output += piece.prefix(max(0, 1 << 16 - output.count))
      }
    } catch ChildProcess.Failure.timedOut {
      throw .unreachable(node, reason: "no answer in time")
    } catch ChildProcess.Failure.failed(_, let message) {
      throw .unreachable(node, reason: excerpt(message.utf8))
    } catch {
      throw .unreachable(node, reason: "\(error)")
    }
    return Report(output)
  }

  /// Prints a line for the version, and one for the folder's files.
  private var script: String {
    let version = ([engine.executable] + engine.versionArguments).map(EngineCommand.quoted)
      .joined(separator: " ")
    let files =
      folder.map { folder in
        "if cd \(EngineCommand.quoted(folder)) 2>/dev/null; then echo \"files $(for f in *; do "
          + "[ -f \"$f\" ] && wc -c \"$f\"; done | LC_ALL=C sort | cksum)\"; fi; "
      } ?? ""
    return "echo \"version $(\(version) 2>/dev/null | tail -n 1)\"; \(files)true"
  }
}

extension NodeCheck.Report {
  init(_ output: Data) {
    for line in String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2 else { continue }
      if words[0] == "version" { version = EngineVersion(in: String(words[1])) }
      if words[0] == "files" { files = String(words[1]) }
    }
  }
}

/// Why several machines cannot serve a model together.
package enum NodeError: Error, Equatable {
  /// This machine has no ssh.
  case noSSH
  case unreachable(String, reason: String)
  case notInstalled(engine: String, node: String)
  case otherVersion(
    engine: String, node: String, EngineVersion, head: String, EngineVersion)
  case noFolder(String, node: String)
  /// The folder's files have other names or sizes.
  case otherFiles(String, node: String, head: String)
}

extension NodeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noSSH: "ssh is not installed"
    case .unreachable(let node, let reason):
      "\(node) cannot be reached by ssh" + (reason.isEmpty ? "" : ": \(reason)")
    case .notInstalled(let engine, let node): "\(engine) is not installed on \(node)"
    case .otherVersion(let engine, let node, let version, let head, let expected):
      "\(node) has \(engine) \(version), and \(head) has \(expected)"
    case .noFolder(let path, let node): "\(node) has no folder '\(path)'"
    case .otherFiles(let path, let node, let head):
      "'\(path)' on \(node) has other files than on \(head)"
    }
  }
}
