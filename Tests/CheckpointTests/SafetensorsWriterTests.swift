import Files
import Foundation
import Kernels
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
  typealias Declaration = SafetensorsWriter.Declaration

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var url: URL { folder.url.appending(path: "out.safetensors") }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path())
  }

  @Test("what is written is read back: tensors of every type, names and metadata of any text")
  func roundTrip() throws {
    let name = "a \"quoted\" \\ \u{1}\n name, 书生"
    let writer = try SafetensorsWriter(
      url,
      tensors: [
        Declaration(name: "bytes", type: .uint8, shape: [3]),
        Declaration(name: name, type: .float32, shape: [2, 2]),
        Declaration(name: "wide", type: .int64, shape: [1]),
        Declaration(name: "half", type: .float16, shape: [33]),
        Declaration(name: "none", type: .bfloat16, shape: [0, 4]),
        Declaration(name: "scalar", type: .bool, shape: []),
      ], metadata: ["revision": "x\"y", "": "\u{1F600}"])
    writer.write([1, 2, 3] as [UInt8], to: "bytes")
    writer.write([1, -2, 0.5, .infinity] as [Float], to: name)
    writer.write([Int64.min], to: "wide")
    writer.write((0..<33).map { UInt16($0) }, to: "half")
    try writer.finish()

    let file = try SafetensorsFile(url)
    #expect(file.metadata == ["revision": "x\"y", "": "\u{1F600}"])
    #expect(file.tensors.count == 6)
    #expect(file.tensors["bytes"]?.elementBytes == [1, 2, 3])
    #expect(try file.tensors[name]?.floats() == [1, -2, 0.5, .infinity])
    #expect(file.tensors[name]?.shape == [2, 2])
    #expect(file.tensors["wide"]?.elementBytes == littleEndian(Int64.min))
    #expect(file.tensors["half"]?.elementBytes == (0..<33).flatMap { littleEndian(UInt16($0)) })
    #expect(file.tensors["none"]?.shape == [0, 4])
    #expect(file.tensors["scalar"]?.elementBytes == [0])
    #expect(file.tensors.values.allSatisfy { $0.isContiguous })
    #expect(try files() == ["out.safetensors"])
  }

  @Test("tensors of whole 64-byte blocks are aligned to 64, and there are no gaps")
  func alignment() throws {
    var random = SplitMix64(seed: 3)
    let tensors = (0..<50).map { index in
      let type = [ElementType.uint8, .float16, .float32, .int64].randomElement(using: &random)
      return Declaration(
        name: "t\(index)", type: type ?? .uint8,
        shape: [Bool.random(using: &random) ? 128 : Int.random(in: 0...100, using: &random)])
    }
    try SafetensorsWriter(url, tensors: tensors).finish()
    let file = try MappedFile(url)
    let header = try SafetensorsHeader(file.bytes, file: file.name)
    var end = header.entries[0].bytes.lowerBound
    #expect(end.isMultiple(of: 64))
    for entry in header.entries {
      #expect(entry.bytes.lowerBound == end)
      #expect(entry.bytes.lowerBound.isMultiple(of: entry.type.byteCount))
      #expect(entry.bytes.lowerBound.isMultiple(of: 64) || !entry.bytes.count.isMultiple(of: 64))
      end = entry.bytes.upperBound
    }
    #expect(end == file.count)
  }

  @Test("threads fill a large tensor together")
  func threads() throws {
    let count = 1 << 16
    let writer = try SafetensorsWriter(
      url, tensors: [Declaration(name: "a", type: .int32, shape: [count])])
    // The memory is split between the threads.
    nonisolated(unsafe) let memory = writer.memory(of: "a").bindMemory(to: Int32.self)
    DispatchQueue.concurrentPerform(iterations: 8) { lane in
      for index in count / 8 * lane..<count / 8 * (lane + 1) { memory[index] = Int32(index) }
    }
    try writer.finish()
    let expected = (0..<count).flatMap { littleEndian(Int32($0)) }
    #expect(try SafetensorsFile(url).tensors["a"]?.elementBytes == expected)
  }

  @Test("a writer that does not finish leaves what was there")
  func abandoned() throws {
    try folder.write("before", to: "out.safetensors")
    do {
      let writer = try SafetensorsWriter(
        url, tensors: [Declaration(name: "a", type: .uint8, shape: [4])])
      writer.write([1, 2, 3, 4] as [UInt8], to: "a")
      #expect(try files().count == 2)
    }
    #expect(try files() == ["out.safetensors"])
    #expect(try String(contentsOf: url, encoding: .utf8) == "before")
  }

  @Test("what a killed program left is overwritten, and nothing of it stays")
  func leftover() throws {
    try folder.write("left by a program that was killed", to: "out.safetensors.part")
    try SafetensorsWriter(url, tensors: [Declaration(name: "a", type: .uint8, shape: [100])])
      .finish()
    let written = try SafetensorsFile(url).tensors["a"]?.elementBytes
    #expect(written == Array(repeating: 0, count: 100))
    #expect(try files() == ["out.safetensors"])
  }

  @Test("a second writer of the same file waits until the first has finished")
  func oneAtATime() async throws {
    let declaration = Declaration(name: "a", type: .uint8, shape: [1])
    let first = try SafetensorsWriter(url, tensors: [declaration])
    first.write([1] as [UInt8], to: "a")
    let second = Task.detached { [url] in
      let writer = try SafetensorsWriter(url, tensors: [declaration])
      let before = try SafetensorsFile(url).tensors["a"]?.elementBytes
      writer.write([2] as [UInt8], to: "a")
      try writer.finish()
      return before
    }
    try await Task.sleep(for: .milliseconds(200))
    try first.finish()
    #expect(try await second.value == [1])
    #expect(try SafetensorsFile(url).tensors["a"]?.elementBytes == [2])
    #expect(try files() == ["out.safetensors"])
  }

  @Test("a file that exists is replaced")
  func replaced() throws {
    try folder.write("before", to: "out.safetensors")
    try SafetensorsWriter(url, tensors: [Declaration(name: "a", type: .uint8, shape: [4])])
      .finish()
    #expect(try SafetensorsFile(url).tensors["a"]?.elementBytes == [0, 0, 0, 0])
  }

  @Test("a folder that does not exist, or a name that a folder has, is an error")
  func unwritable() throws {
    let tensors = [Declaration(name: "a", type: .uint8, shape: [4])]
    let nowhere = folder.url.appending(path: "absent/out.safetensors")
    guard
      case .unwritable? = checkpointError({ () throws(CheckpointError) in
        try SafetensorsWriter(nowhere, tensors: tensors).finish()
      })
    else {
      Issue.record("expected .unwritable")
      return
    }
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    guard
      case .unwritable? = checkpointError({ () throws(CheckpointError) in
        try SafetensorsWriter(url, tensors: tensors).finish()
      })
    else {
      Issue.record("expected .unwritable")
      return
    }
    #expect(try files() == ["out.safetensors"])
  }

  @Test("more than the disk can hold is an error before anything is written")
  func diskFull() throws {
    let tensors = [Declaration(name: "a", type: .uint8, shape: [1 << 60])]
    guard
      case .unwritable? = checkpointError({ () throws(CheckpointError) in
        try SafetensorsWriter(url, tensors: tensors).finish()
      })
    else {
      Issue.record("expected .unwritable")
      return
    }
    #expect(try files() == [])
  }
}
