package import Foundation

/// A folder for the search path that has a stand-in for `vllm`, `lmdeploy`, `transformers` and `ssh`.
///
/// Each starts as the real one does, and then does what the variable `STAND_IN` says
/// (`stand_in_engine.py`).
package struct StandInEngine {
  private let folder: TemporaryFolder

  package init() throws {
    folder = try TemporaryFolder()
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "stand_in_engine.py").path
    for name in ["vllm", "lmdeploy", "transformers"] {
      let file = try folder.write(
        "#!/bin/sh\nexec \(PythonServer.python ?? "python3") '\(script)' \(name) \"$@\"\n", to: name
      )
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
  }

  /// Adds the stand-in for ssh.
  package func addSSH() throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "stand_in_ssh.sh")
    let file = try folder.write(Array(Data(contentsOf: script)), to: "ssh")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
  }

  /// A file for the process id of the worker that it starts.
  package var workerFile: URL { folder.url.appending(path: "worker") }

  /// The environment in which it is found.
  package func environment(_ mode: String = "serve") -> [String: String] {
    [
      "PATH": "\(folder.url.path):/usr/bin:/bin", "STAND_IN": mode,
      "STAND_IN_WORKER": workerFile.path, "XDG_STATE_HOME": folder.url.path,
    ]
  }

  package func file(_ name: String) -> URL { folder.url.appending(path: name) }

  /// Whether the worker runs that the engine started; nil where it started none.
  package var hasWorker: Bool? { isRunning(processIn: workerFile) }

  /// Whether the part of the engine runs that another node has; nil where none was started.
  package var hasHeadless: Bool? { isRunning(processIn: file("worker.headless")) }

  private func isRunning(processIn file: URL) -> Bool? {
    (try? String(contentsOf: file, encoding: .utf8)).flatMap { pid_t($0) }.map(
      TestSupport.isRunning)
  }
}

/// Whether a process runs; a dead one that nobody waits for does not.
package func isRunning(_ process: pid_t) -> Bool {
  guard kill(process, 0) == 0 else { return false }
  guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
    return FileManager.default.fileExists(atPath: "/proc") == false
  }
  return status.split(separator: ")").last?.hasPrefix(" Z") == false
}
