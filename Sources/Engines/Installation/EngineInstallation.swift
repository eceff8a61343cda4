import Foundation
import Processes

/// An engine on this machine.
package struct EngineInstallation: Sendable, Equatable {
  package let path: String
  /// Nil where the program does not tell, or not in time.
  package let version: EngineVersion?
}

/// Looks for engines and GPUs on this machine.
package struct EngineFinder: Sendable {
  private let searchPath: String
  private let timeLimit: Duration

  /// Looks in the folders of a search path, such as `PATH`; programs have so long to answer.
  package init(searchPath: String, timeLimit: Duration = .seconds(60)) {
    self.searchPath = searchPath
    self.timeLimit = timeLimit
  }

  /// The engine's program and its version; nil where it is not installed.
  ///
  /// Asking for the version may take half a minute: these programs load libraries first.
  package func find(_ engine: any Engine) -> EngineInstallation? {
    guard let program = ChildProcess.executable(engine.executable, searchPath: searchPath) else {
      return nil
    }
    return EngineInstallation(
      path: program.path(percentEncoded: false),
      version: output(of: program, engine.versionArguments).flatMap(EngineVersion.init(in:)))
  }

  /// The lowest compute capability of this machine's GPUs; nil where NVIDIA's driver tells none.
  package func computeCapability() -> Double? {
    guard let program = ChildProcess.executable("nvidia-smi", searchPath: searchPath) else {
      return nil
    }
    return output(of: program, ["--query-gpu=compute_cap", "--format=csv,noheader"])?
      .split(whereSeparator: \.isNewline).compactMap { Double($0) }.min()
  }

  /// What a program prints; nil where it fails, or is too late.
  private func output(of program: URL, _ arguments: [String]) -> String? {
    let process = ChildProcess(executable: program, arguments: arguments, timeLimit: timeLimit)
    var output = Data()
    do {
      try process.run { piece in output += piece.prefix(max(0, 1 << 16 - output.count)) }
    } catch {
      return nil
    }
    return String(decoding: output, as: UTF8.self)
  }
}
