import Foundation
import Kernels
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Compressed and damaged PyTorch archives")
struct ArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let eight = (0..<8).flatMap { littleEndian(Float($0).bitPattern) }

  /// An archive whose only tensor "a" has eight floats: the pickle, the byte order, the storage.
  private static func entries(method: UInt16 = 8) -> [ZipBytes.Entry] {
    let tensor = PickleBytes.tensor(
      PickleBytes.storage("0", count: 8), shape: [8], strides: [1])
    return [
      ZipBytes.Entry(
        name: "m/data.pkl", content: PickleBytes.dictionary([("a", tensor)]), method: method),
      ZipBytes.Entry(name: "m/byteorder", content: Array("little".utf8), method: method),
      ZipBytes.Entry(name: "m/data/0", content: eight, method: method),
    ]
  }

  private func tensors(_ entries: [ZipBytes.Entry]) throws -> [String: StoredTensor] {
    try PyTorchFile.tensors(of: folder.write(ZipBytes(entries: entries).bytes, to: "a.bin"))
  }

  /// What is said about the archive, or about its tensor "a" as packing reads it.
  private func fault(_ entries: [ZipBytes.Entry]) throws -> PyTorchFault? {
    let file = try folder.write(ZipBytes(entries: entries).bytes, to: "a.bin")
    let error = checkpointError { () throws(CheckpointError) in
      try PyTorchFile.tensors(of: file)["a"]?.checkedView(on: Compute(lanes: 2))
    }
    guard case .pytorch("a.bin", let fault)? = error else { return nil }
    return fault
  }

  /// The fault of an archive whose storage is changed.
  private func fault(
    method: UInt16 = 8, _ change: (inout ZipBytes.Entry) -> Void
  ) throws -> PyTorchFault? {
    var entries = Self.entries(method: method)
    change(&entries[2])
    return try fault(entries)
  }

  @Test("stored and compressed entries hold the same tensors")
  func tensors() throws {
    for method in [0, 8] as [UInt16] {
      let tensor = try #require(try tensors(Self.entries(method: method))["a"])
      #expect(try tensor.floats() == [0, 1, 2, 3, 4, 5, 6, 7])
      #expect(try tensor.checkedView(on: Compute(lanes: 1)).floats() == tensor.floats())
    }
  }

  @Test(
    "archives that another tool has packed again are read, whatever it packs with",
    arguments: ["ZIP_DEFLATED", "ZIP_BZIP2", "ZIP_LZMA", "STREAM"])
  func packedAgain(method: String) throws {
    // More than a piece, and more than one block of any method.
    let values = (0..<600_000).map { Float($0 % 977) }
    let tensor = PickleBytes.tensor(
      PickleBytes.storage("0", count: values.count), shape: [600, 1000], strides: [1000, 1])
    var entries = Self.entries(method: 0)
    entries[0].content = PickleBytes.dictionary([("a", tensor), ("b", tensor)])
    entries[2].content = values.flatMap { littleEndian($0.bitPattern) }
    let plain = try folder.write(ZipBytes(entries: entries).bytes, to: "plain.zip")
    let packed = folder.url.appending(path: "pytorch_model.bin")
    try Self.pack(plain, as: packed, method: method)
    let checkpoint = try CheckpointFolder(folder.url)
    #expect(try Data(contentsOf: packed).count < values.count * 2)
    let (a, b) = (try checkpoint.tensor(named: "a"), try checkpoint.tensor(named: "b"))
    let view = try a.checkedView(on: Compute(lanes: 2))
    #expect(try view.floats() == values)
    // Both lie in one storage, which is in memory once.
    #expect(try b.view().pointer == view.pointer)
    let check = try #require(ArchiveCheck(folder.url, on: Compute(lanes: 2)))
    #expect(check.intactFiles == ["pytorch_model.bin"])
    #expect(check.faults.isEmpty)
  }

  /// Packs an archive again, with the standard library of Python; `STREAM` is deflate by a program that
  /// cannot seek, and so writes sizes behind the data.
  private static func pack(_ source: URL, as target: URL, method: String) throws {
    let script = """
      import sys, zipfile
      class Pipe:
          def __init__(self, file): self.file = file
          def write(self, bytes): return self.file.write(bytes)
          def flush(self): self.file.flush()
      source, target, method = sys.argv[1:]
      file = open(target, "wb")
      output = Pipe(file) if method == "STREAM" else file
      method = getattr(zipfile, method, zipfile.ZIP_DEFLATED)
      with zipfile.ZipFile(source) as old, zipfile.ZipFile(output, "w", method) as new:
          for name in old.namelist():
              new.writestr(name, old.read(name))
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, source.path(), target.path(), method]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("encrypted entries are refused where they are needed")
  func encrypted() throws {
    for (index, flags) in [(0, 1), (1, 1), (2, 1), (2, 0x41), (2, 0x2000)] {
      for method in [0, 8] as [UInt16] {
        var entries = Self.entries(method: method)
        entries[index].flags = UInt16(flags)
        #expect(try fault(entries) == .encrypted(entry: entries[index].name))
      }
    }
    let unused = ZipBytes.Entry(name: "../../escaped.txt", content: [1], method: 8, flags: 1)
    #expect(try fault(Self.entries() + [unused]) == nil)
  }

  @Test("a compressed entry has exactly the bytes that it declares")
  func unpackedSize() throws {
    let wrong = PyTorchFault.unpackedSize(entry: "m/data/0", declared: 32)
    for count in [0, 1, 31, 33, 60_000] {
      let content = [UInt8](repeating: 1, count: count)
      let found = try fault {
        $0.packed = ZipBytes.deflated(content)
        $0.ownDeclaredBytes = count
      }
      #expect(found == wrong, "\(count)")
    }
    let found = try fault { ($0.declaredBytes, $0.ownDeclaredBytes) = (33, 32) }
    #expect(found == .unpackedSize(entry: "m/data/0", declared: 33))
    #expect(
      try fault { $0.declaredBytes = 31 } == .shortStorage(key: "0", needed: 32, given: 31))
  }

  @Test("what would unpack to far more than its tensor is refused before it is unpacked")
  func tooLarge() throws {
    #expect(
      try fault { $0.declaredBytes = 1 << 39 }
        == .unpackedTooLarge(entry: "m/data/0", bytes: 1 << 39, tensor: "a", needed: 32))
    #expect(try fault { $0.declaredBytes = .max } == .directory(entry: "m/data/0"))
    for (index, limit) in [(0, Unpickler.Limit.bytes), (1, 6)] {
      var entries = Self.entries()
      entries[index].declaredBytes = limit + 1
      #expect(try fault(entries) == .entryTooLarge(entries[index].name, limit: limit))
    }
  }

  @Test("a compressed entry that breaks off or is not what its method says is refused")
  func unpacking() throws {
    func reason(_ change: (inout ZipBytes.Entry) -> Void) throws -> Bool {
      guard case .unpacking("m/data/0", let reason)? = try fault(change) else { return false }
      return !reason.isEmpty
    }
    #expect(try reason { $0.packed = Array(ZipBytes.deflated(Self.eight).prefix(20)) })
    #expect(try reason { $0.packed = [7, 7, 7, 7] })
    // Both headers declare more, or fewer, bytes than there are.
    #expect(try reason { $0.packed = ZipBytes.deflated(Array(Self.eight.dropLast())) })
    #expect(try reason { $0.packed = ZipBytes.deflated(Self.eight + [0]) })
    let none = try fault { $0.packed = [] }
    #expect(none == .unpackedSize(entry: "m/data/0", declared: 32))
    #expect(try reason { ($0.method, $0.packed) = (77, Self.eight) })
  }

  @Test("entries that share bytes are refused")
  func overlap() throws {
    var entries = Self.entries()
    // The storage's header lies inside the pickle, whose bytes are a storage's header.
    let inner = Array(
      ZipBytes(entries: [entries[2]]).bytes.prefix(30 + "m/data/0".utf8.count + 5 + 32))
    let pickle = entries[0].content
    entries[0].content = pickle + inner
    entries[0].method = 0
    entries[2].headerOffset = 30 + "m/data.pkl".utf8.count + 3 + pickle.count
    #expect(try fault(entries) == .overlappingEntries("m/data.pkl", "m/data/0"))
  }

  @Test("a flipped bit is named with its entry and a tensor", arguments: [0, 8] as [UInt16])
  func flippedBit(method: UInt16) throws {
    let damaged = PyTorchFault.checksum(entry: "m/data/0", tensor: "a")
    var flipped = Self.eight
    flipped[17] ^= 4
    #expect(
      try fault(method: method) {
        $0.packed = method == 0 ? flipped : ZipBytes.deflated(flipped)
      } == damaged)
    #expect(try fault(method: method) { $0.checksum = 1 } == damaged)
    // Zero stands for an archive without checksums.
    #expect(try fault(method: method) { $0.checksum = 0 } == nil)
    for index in 0..<2 {
      var entries = Self.entries(method: method)
      entries[index].checksum = 1
      #expect(try fault(entries) == .checksum(entry: entries[index].name, tensor: nil))
    }
  }

  @Test("a look through a folder names every damaged entry once")
  func archiveCheck() throws {
    let tensor = { (key: String) in
      PickleBytes.tensor(PickleBytes.storage(key, count: 8), shape: [8], strides: [1])
    }
    var entries = Self.entries(method: 0)
    entries[0].content = PickleBytes.dictionary([
      ("a", tensor("0")), ("b", tensor("1")), ("c", tensor("2")), ("also b", tensor("1")),
    ])
    for (key, checksum) in [("1", 1), ("2", nil)] as [(String, UInt32?)] {
      entries.append(.init(name: "m/data/\(key)", content: Self.eight, checksum: checksum))
    }
    entries[2].checksum = 2
    try folder.write(ZipBytes(entries: entries).bytes, to: "pytorch_model.bin")
    let check = try #require(ArchiveCheck(folder.url, on: Compute(lanes: 1)))
    #expect(check.intactFiles.isEmpty)
    #expect(check.faults.map(\.file) == ["pytorch_model.bin", "pytorch_model.bin"])
    #expect(
      check.faults.map(\.fault) == [
        .checksum(entry: "m/data/0", tensor: "a"), .checksum(entry: "m/data/1", tensor: "also b"),
      ])
    // What is only mapped is not compared.
    let mapped = try CheckpointFolder(folder.url).tensor(named: "a")
    #expect(try mapped.floats() == [0, 1, 2, 3, 4, 5, 6, 7])
    entries[0].checksum = 3
    try folder.write(ZipBytes(entries: entries).bytes, to: "pytorch_model.bin")
    #expect(
      ArchiveCheck(folder.url, on: Compute(lanes: 1))?.faults.map(\.fault) == [
        .checksum(entry: "m/data.pkl", tensor: nil)
      ])
  }

  @Test("the checksum of all lanes is that of one", arguments: [0, 1, 1 << 22, (9 << 20) + 5])
  func lanes(count: Int) {
    var random = SplitMix64(seed: 1)
    let bytes = (0..<count / 8 + 1).flatMap { _ in littleEndian(random.next()) }.prefix(count)
    Array(bytes).withUnsafeBytes { bytes in
      let one = CRC32.of(bytes)
      #expect(CRC32.of(bytes, on: Compute(lanes: 3)) == one)
      if count < 100 { #expect(one == ZipBytes.checksum(Array(bytes))) }
    }
    #expect(Array("123456789".utf8).withUnsafeBytes { CRC32.of($0) } == 0xCBF4_3926)
  }
}
