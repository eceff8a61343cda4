import Foundation
import Synchronization

/// The built program, run as users run it.
enum Program {
  /// What a run gave.
  struct Result: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  /// The binary that `INTERNVL_PROGRAM` names, else the one beside the test bundle.
  static let executable: URL = {
    if let path = ProcessInfo.processInfo.environment["INTERNVL_PROGRAM"], !path.isEmpty {
      return URL(filePath: path)
    }
    let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: bundle ?? "").deletingLastPathComponent().appending(path: "internvl")
  }()

  /// Stands in for the user's cache folder; nothing is downloaded either.
  private static let cacheFolder = FileManager.default.temporaryDirectory
    .appending(path: "internvl-program-tests")

  /// Runs the program to its end.
  ///
  /// `output` takes its standard output in place of the result; with `isInterrupted` it gets
  /// SIGINT once it has written something. `program` is run in place of the built one.
  static func run(
    _ arguments: [String], input: Data = Data(), output: FileHandle? = nil,
    isInterrupted: Bool = false, environment: [String: String] = [:], program: URL = executable
  ) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "XDG_CACHE_HOME": cacheFolder.path, "XDG_CONFIG_HOME": cacheFolder.path,
        "HF_HUB_OFFLINE": "1",
      ]
    ) { $1 }.merging(environment) { $1 }
    let inputPipe = Pipe(), outputPipe = Pipe(), errorPipe = Pipe()
    process.standardInput = inputPipe
    process.standardOutput = output ?? outputPipe.fileHandleForWriting
    process.standardError = errorPipe
    try process.run()
    try? inputPipe.fileHandleForWriting.write(contentsOf: input)
    try? inputPipe.fileHandleForWriting.close()
    try? outputPipe.fileHandleForWriting.close()

    let errors = Mutex(Data())
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      let bytes = try? errorPipe.fileHandleForReading.readToEnd()
      errors.withLock { $0 = bytes ?? Data() }
    }
    var outputBytes = Data()
    var isWaiting = isInterrupted
    while case let bytes = outputPipe.fileHandleForReading.availableData, !bytes.isEmpty {
      outputBytes += bytes
      if isWaiting {
        isWaiting = false
        kill(process.processIdentifier, SIGINT)
      }
    }
    process.waitUntilExit()
    group.wait()
    return Result(
      status: process.terminationStatus, output: String(decoding: outputBytes, as: UTF8.self),
      errors: errors.withLock { String(decoding: $0, as: UTF8.self) })
  }

  /// What a Python script prints.
  static func python(_ script: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return bytes
  }
}
