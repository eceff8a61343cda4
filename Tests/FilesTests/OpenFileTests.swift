import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Open files")
struct OpenFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.url.appending(path: name).path }

  @Test("bytes come back from the places they were written to")
  func places() throws {
    let file = try OpenFile(creating: path("a"))
    try Array("world".utf8).withUnsafeBytes { try file.write($0, at: 6) }
    try Array("hello ".utf8).withUnsafeBytes { try file.write($0, at: 0) }
    #expect(try file.readToEnd() == Array("hello world".utf8))
    try file.truncate(to: 5)
    #expect(try file.status().size == 5)
    let growing = try OpenFile(growing: path("a"))
    try growing.append("!")
    #expect(try folder.read("a") == "hello!")
  }

  @Test("a file larger than the limit is refused")
  func limit() throws {
    let url = try folder.write("12345", to: "a")
    #expect(try OpenFile(reading: url.path).readToEnd(limit: 5).count == 5)
    #expect(throws: FileError(.read, url.path, .tooLarge(limitBytes: 4))) {
      try OpenFile(reading: url.path).readToEnd(limit: 4)
    }
  }

  @Test("a file whose size the system does not know is read to its end")
  func unknownSize() throws {
    #expect(try !OpenFile(reading: "/proc/self/status").readToEnd().isEmpty)
  }

  @Test("a pipe that nobody writes to does not block")
  func pipe() throws {
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    let pipe = try OpenFile(reading: path("pipe"))
    #expect(try pipe.status().kind == .pipe)
    #expect(throws: FileError(.read, path("pipe"), .notAFile)) {
      try pipe.status().requireFile(path("pipe"))
    }
  }

  @Test("a new file takes no other's place, and a created one follows no link")
  func refusals() throws {
    try folder.write("precious", to: "a")
    #expect(throws: FileError(.create, path("a"), .system(code: EEXIST))) {
      try OpenFile(newFile: path("a"))
    }
    #expect(symlink(path("a"), path("link")) == 0)
    #expect(throws: FileError(.create, path("link"), .system(code: ELOOP))) {
      try OpenFile(creating: path("link"))
    }
  }

  @Test("a lock has one holder at a time")
  func lock() throws {
    var first: OpenFile? = try OpenFile(creating: path("lock"))
    let second = try OpenFile(creating: path("lock"))
    #expect(try first?.tryLock() == true)
    #expect(try second.tryLock() == false)
    first = nil
    #expect(try second.tryLock())
    #expect(second.hasItsName)
    try FileSystem.remove(path("lock"))
    #expect(!second.hasItsName)
  }

  @Test(
    "a full disk is told from other errors",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func diskFull() throws {
    let full = try OpenFile(growing: "/dev/full")
    do throws(FileError) {
      try full.append("x")
      Issue.record("it was written")
    } catch {
      #expect(error.isDiskFull)
      #expect("\(error)" == "cannot write '/dev/full': No space left on device")
    }
    #expect(!FileError(.write, "a", .system(code: EIO)).isDiskFull)
  }

  @Test("a call goes on after a signal")
  func interruption() {
    var calls = 0
    let result = uninterrupted { () -> Int in
      calls += 1
      errno = EINTR
      return calls < 3 ? -1 : 7
    }
    #expect(calls == 3 && result == 7)
  }
}
