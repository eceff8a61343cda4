import Files
import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite("Partial files")
struct PartialFileTests {
  private let temporary: TemporaryFolder
  private var folder: String { temporary.url.path }
  private var target: String { "\(folder)/blobs/target" }
  private var journal: String { "\(folder)/state/target.journal" }
  private var goal: PartialFile.Goal { PartialFile.Goal(target: target, size: 100, hash: "aa") }

  init() throws {
    temporary = try TemporaryFolder()
    try FileSystem.makeFolder("\(folder)/blobs")
  }

  private func open(mayTakeOver: Bool = true) throws -> PartialFile {
    try PartialFile(
      goal, in: "\(folder)/blobs", journalPath: journal, mayTakeOver: mayTakeOver)
  }

  private func write(_ range: Range<Int64>, to file: PartialFile, byte: UInt8 = 7) throws {
    try [UInt8](repeating: byte, count: range.count).withUnsafeBytes {
      try file.write($0, at: range.lowerBound)
    }
  }

  private func content(_ path: String) throws -> [UInt8] {
    try OpenFile(reading: path).readToEnd()
  }

  private func interrupted(_ ranges: [Range<Int64>]) throws -> PartialFile {
    let file = try open()
    for range in ranges { try write(range, to: file) }
    file.flush()
    return file
  }

  @Test("hand what they hold to the next run, under a new name")
  func takeOver() throws {
    let first = try interrupted([0..<10, 40..<60])
    let second = try open()
    #expect(second.received.ranges == [0..<10, 40..<60])
    #expect(second.path != first.path)
    #expect(try FileSystem.names(in: "\(folder)/blobs").count == 1)
    #expect(second.path.hasSuffix(".incomplete"))
  }

  @Test("keep the bytes that came first")
  func repeated() throws {
    let file = try interrupted([5..<10])
    try write(0..<20, to: file, byte: 8)
    #expect(file.received.ranges == [0..<20])
    let eights = [UInt8](repeating: 8, count: 10)
    #expect(try content(file.path) == eights[..<5] + [7, 7, 7, 7, 7] + eights)
  }

  @Test("do not change once they have their final name")
  func late() throws {
    let file = try interrupted([0..<100])
    try file.publish()
    try write(0..<100, to: file, byte: 8)
    #expect(try content(target) == [UInt8](repeating: 7, count: 100))
  }

  @Test("are left alone where locks do not work")
  func noTakeOver() throws {
    let first = try interrupted([0..<10])
    let second = try open(mayTakeOver: false)
    #expect(second.received.ranges == [])
    #expect(FileSystem.fileSize(first.path) == 10)
  }

  @Test("of another content are thrown away")
  func otherContent() throws {
    let first = try interrupted([0..<10])
    let other = PartialFile.Goal(target: target, size: 100, hash: "bb")
    let second = try PartialFile(
      other, in: "\(folder)/blobs", journalPath: journal, mayTakeOver: true)
    #expect(second.received.ranges == [])
    #expect(FileSystem.fileSize(first.path) == nil)
  }

  @Test("are never larger than their journal says they may be")
  func tooLong() throws {
    let first = try interrupted([0..<10])
    try OpenFile(creating: first.path).truncate(to: 101)
    #expect(try afterAnotherRun(receiving: 50..<60) == [50..<60])
  }

  /// Takes a file over twice, with further bytes in between; what the third run finds.
  private func afterAnotherRun(receiving range: Range<Int64>) throws -> [Range<Int64>] {
    let second = try open()
    try write(range, to: second)
    second.flush()
    return try open().received.ranges
  }

  @Test("that are gone do not count, not even when bytes come after theirs")
  func gone() throws {
    let first = try interrupted([0..<10])
    FileSystem.removeFile(first.path)
    #expect(try afterAnotherRun(receiving: 50..<60) == [50..<60])
  }

  @Test("that were reset while they went to the disk do not count")
  func resetMeanwhile() throws {
    for _ in 0..<20 {
      let file = try interrupted([0..<100])
      DispatchQueue.concurrentPerform(iterations: 2) { index in
        if index == 0 { try? file.synchronize() } else { try? file.reset() }
      }
      #expect(Journal.read(journal)?.received.ranges == [])
    }
  }

  @Test("count only as far as their bytes are there")
  func truncated() throws {
    let first = try interrupted([0..<10, 40..<60])
    try OpenFile(creating: first.path).truncate(to: 45)
    #expect(try afterAnotherRun(receiving: 70..<80) == [0..<10, 40..<45, 70..<80])
  }

  @Test(
    "that are a folder, a link or a pipe by now are not used",
    arguments: ["folder", "link", "pipe"])
  func wrongKind(kind: String) throws {
    let first = try interrupted([0..<10])
    FileSystem.removeFile(first.path)
    let outside = "\(folder)/outside"
    switch kind {
    case "folder": try FileSystem.makeFolder(first.path)
    case "link":
      try FileSystem.replace(outside, with: "precious", durably: false)
      _ = try FileSystem.placeLink(at: first.path, to: outside, staging: folder)
    default: #expect(mkfifo(first.path, 0o600) == 0)
    }
    #expect(try open().received.ranges == [])
    if kind == "link" { #expect(readSmallFile(outside) == "precious") }
  }

  @Test(
    "survive whatever stands in the journal",
    arguments: [
      "", "garbage", "{}\n", "{}\nw 0 10\n", "\u{0}\u{0}", "w 0 10\nw 0 10\n",
      #"{"version":2,"goal":{"target":"t","size":1,"hash":"a"},"files":[],"boot":"b"}"# + "\n",
    ])
  func brokenJournal(text: String) throws {
    try FileSystem.replace(journal, with: text, durably: false)
    #expect(try open().received.ranges == [])
  }

  @Test("read a journal up to the line where it was cut")
  func cutJournal() throws {
    _ = try interrupted([0..<10])
    let whole = try #require(readSmallFile(journal))
    let nonsense = "w 9 2\nw -5 3\nw 1 99999999999999999999\nx 1 2\nw 1\n"
    try FileSystem.replace(journal, with: whole + nonsense + "w 3 12\nw 40 5", durably: false)
    #expect(try open().received.ranges == [0..<10])
  }

  @Test("after a restart of the machine count only what was synchronized")
  func otherBoot() throws {
    let first = try interrupted([0..<10])
    try first.synchronize()
    try write(10..<20, to: first)
    first.flush()
    let text = try #require(readSmallFile(journal))
    let boot = try #require(text.firstMatch(of: /"boot":"([^"]*)"/))
    try FileSystem.replace(
      journal, with: text.replacing(boot.1, with: "another"), durably: false)
    #expect(try open().received.ranges == [0..<10])
  }
}

@Suite("Byte ranges")
struct ByteRangesTests {
  @Test("join what touches and agree with a set of single bytes")
  func insertion() {
    var random = SplitMix64(seed: 11)
    for _ in 0..<200 {
      var ranges = ByteRanges()
      var bytes: Set<Int64> = []
      for _ in 0..<12 {
        let start = Int64.random(in: 0..<60, using: &random)
        let range = start..<(start + Int64.random(in: 0...12, using: &random))
        ranges.insert(range)
        bytes.formUnion(range)
      }
      #expect(Set(ranges.ranges.flatMap { Array($0) }) == bytes)
      #expect(
        zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      let gap = ranges.firstGap(size: 80, limit: 100)
      let missing = (Int64(0)..<80).first { !bytes.contains($0) }
      #expect(gap?.lowerBound == missing)
      #expect(gap.map { $0.allSatisfy { !bytes.contains($0) } } ?? true)
      let gaps = ranges.gaps(in: 20..<50)
      #expect(gaps.flatMap { Array($0) } == (Int64(20)..<50).filter { !bytes.contains($0) })
    }
  }
}
