package import Foundation
import Synchronization

/// One run of another program, without a shell, without standard input and with a time limit.
package struct ChildProcess {
  package enum Failure: Error {
    /// The program could not be started; with the system's sentence.
    case notStarted(String)
    /// The program was stopped because it ran longer than allowed.
    case timedOut
    /// The program's exit status, and what it wrote to standard error (its beginning).
    case failed(status: Int32, message: String)
  }

  private let executable: URL
  private let arguments: [String]
  private let timeLimit: Duration

  package init(executable: URL, arguments: [String], timeLimit: Duration) {
    self.executable = executable
    self.arguments = arguments
    self.timeLimit = timeLimit
  }

  /// The first executable file of that name in the folders of a search path, such as `PATH`.
  package static func executable(_ name: String, searchPath: String) -> URL? {
    searchPath.split(separator: ":").lazy
      .map { URL(filePath: String($0)).appending(path: name) }
      .first { url in
        var isFolder: ObjCBool = false
        let path = url.path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
          && !isFolder.boolValue && FileManager.default.isExecutableFile(atPath: path)
      }
  }

  /// Runs the program to its end and hands over its standard output piece by piece.
  ///
  /// - Parameter consume: gets each piece. When it throws, the program is stopped and the error is
  ///   passed on.
  /// - Throws: `Failure`, or what `consume` throws.
  package func run(consume: (Data) throws -> Void) throws {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch { throw Failure.notStarted(error.localizedDescription) }

    let message = ErrorText(reading: errors.fileHandleForReading)
    let child = process.processIdentifier
    let isLate = Mutex(false)
    let alarm = DispatchWorkItem {
      isLate.withLock { $0 = true }
      kill(child, SIGKILL)
    }
    DispatchQueue.global().asyncAfter(
      deadline: .now() + .milliseconds(Int(timeLimit / .milliseconds(1))), execute: alarm)
    defer { alarm.cancel() }

    do {
      while let piece = try output.fileHandleForReading.read(upToCount: 1 << 20), !piece.isEmpty {
        try consume(piece)
      }
    } catch {
      kill(child, SIGKILL)
      process.waitUntilExit()
      throw error
    }
    process.waitUntilExit()
    if isLate.withLock({ $0 }) { throw Failure.timedOut }
    guard process.terminationStatus == 0 else {
      throw Failure.failed(status: process.terminationStatus, message: message.wait())
    }
  }
}

/// The beginning of a program's standard error, read to its end so that the program never waits.
private final class ErrorText: Sendable {
  private static let keptBytes = 2048

  private let text = Mutex(Data())
  private let group = DispatchGroup()

  init(reading handle: FileHandle) {
    DispatchQueue.global().async(group: group) {
      while let piece = try? handle.read(upToCount: 4096), !piece.isEmpty {
        self.text.withLock { $0.append(piece.prefix(Self.keptBytes - $0.count)) }
      }
    }
  }

  func wait() -> String {
    group.wait()
    return text.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
