import Foundation
import TestSupport
import Testing

@testable import Processes

@Suite("Programs that run on beside this one")
struct ProcessGroupTests {
  private let folder: TemporaryFolder
  private var log: URL { folder.url.appending(path: "log") }

  init() throws { folder = try TemporaryFolder() }

  private func start(_ script: String, grace: Int = 10) throws -> ProcessGroup {
    try ProcessGroup(
      executable: URL(filePath: "/bin/sh"), arguments: ["-c", script],
      environment: ["GREETING": "hello"], log: log, grace: grace)
  }

  /// Waits until the log has so many lines, and returns them.
  private func lines(_ count: Int) throws -> [String] {
    while true {
      let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
      if lines.count >= count { return lines.map(String.init) }
      usleep(10_000)
    }
  }

  private func end(of group: ProcessGroup) -> ProcessGroup.End {
    while true {
      if let end = group.ended() { return end }
      usleep(10_000)
    }
  }

  private func isAlive(_ process: String) throws -> Bool {
    isRunning(try #require(pid_t(process)))
  }

  @Test("what it writes is in the log, and how it ended is known")
  func ending() throws {
    let group = try start("echo $GREETING; echo why >&2; exit 3")
    #expect(end(of: group) == .exited(status: 3))
    #expect(try lines(2) == ["hello", "why"])
    #expect(end(of: try start("kill -9 $$")) == .killed(signal: 9))
  }

  @Test("it ends with the processes that it started, also after its own end")
  func children() throws {
    let group = try start("sleep 1000 & echo $!; sleep 1000 & echo $!; exit 0")
    #expect(end(of: group) == .exited(status: 0))
    let workers = try lines(2)
    for worker in workers { #expect(try isAlive(worker)) }
    group.stop()
    for worker in workers { #expect(try !isAlive(worker)) }
  }

  @Test("one that ignores SIGTERM is killed")
  func stubborn() throws {
    let group = try start("trap '' TERM; echo $$; while true; do sleep 0.05; done", grace: 1)
    _ = try lines(1)
    group.stop()
    #expect(group.ended() == .killed(signal: SIGKILL))
  }

  @Test("a program that cannot be started says why")
  func missing() throws {
    #expect(throws: ProcessGroup.NotStarted(code: ENOENT)) {
      try ProcessGroup(
        executable: URL(filePath: "/nowhere"), arguments: [], environment: [:], log: log)
    }
    #expect(throws: ProcessGroup.NotStarted(code: ENOENT)) {
      try ProcessGroup(
        executable: URL(filePath: "/bin/sh"), arguments: [], environment: [:],
        log: URL(filePath: "/nowhere/log"))
    }
  }
}
