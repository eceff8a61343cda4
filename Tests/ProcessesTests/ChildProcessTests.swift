import Foundation
import Processes
import TestSupport
import Testing

@Suite("Runs of other programs")
struct ChildProcessTests {
  @Test("a program is the first executable file of its name in the search path")
  func searching() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "a/tool")  // may not be run
    try folder.write("", to: "b/tool/file")  // is a folder
    let program = try folder.write("#!/bin/sh\n", to: "c/tool")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: program.path)
    let path = ["a", "b", "c"].map { folder.url.appending(path: $0).path }.joined(separator: ":")
    #expect(ChildProcess.executable("tool", searchPath: path)?.path == program.path)
    #expect(ChildProcess.executable("other", searchPath: path) == nil)
    #expect(ChildProcess.executable("tool", searchPath: "") == nil)
  }

  @Test("a program that fails tells its status and its message")
  func failing() throws {
    let process = ChildProcess(
      executable: URL(filePath: "/bin/sh"), arguments: ["-c", "echo out; echo why >&2; exit 7"],
      timeLimit: .seconds(60))
    var output = Data()
    do {
      try process.run { output += $0 }
      Issue.record("the program did not fail")
    } catch ChildProcess.Failure.failed(let status, let message) {
      #expect(status == 7)
      #expect(message == "why\n")
    }
    #expect(String(decoding: output, as: UTF8.self) == "out\n")
  }
}
