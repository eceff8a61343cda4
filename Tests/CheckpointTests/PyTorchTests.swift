import Foundation
import Kernels
import TestSupport
import Testing

@testable import Checkpoint

@Suite("PyTorch files")
struct PyTorchTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Eight floats: 0, 1, 2 and so on.
  private static let eight = (0..<8).flatMap { littleEndian(Float($0).bitPattern) }

  private static func entries(
    _ pickle: [UInt8], storage: [UInt8] = eight
  ) -> [ZipBytes.Entry] {
    [
      ZipBytes.Entry(name: "m/data.pkl", content: pickle),
      ZipBytes.Entry(name: "m/byteorder", content: Array("little".utf8)),
      ZipBytes.Entry(name: "m/data/0", content: storage),
    ]
  }

  /// The pickle of a state dict whose only tensor lies in storage "0" of eight floats.
  private static func pickle(
    offset: Int = 0, shape: [Int] = [8], strides: [Int] = [1], key: String = "0"
  ) -> [UInt8] {
    PickleBytes.dictionary([
      (
        "a",
        PickleBytes.tensor(
          PickleBytes.storage(key, count: 8), offset: offset, shape: shape, strides: strides)
      )
    ])
  }

  private static func legacy(
    version: Int = 1001, littleEndian isLittle: UInt8 = 0x88, state: [UInt8] = pickle(),
    keys: [UInt8] = PickleBytes.pickle(Array("](".utf8) + PickleBytes.text("0") + [0x65]),
    count: Int = 8
  ) -> [UInt8] {
    LegacyPyTorchFile.magic + PickleBytes.pickle(PickleBytes.integer(version))
      + PickleBytes.dictionary([("little_endian", [isLittle])]) + state + keys
      + littleEndianBytes(count) + eight
  }

  private static func littleEndianBytes(_ count: Int) -> [UInt8] { littleEndian(Int64(count)) }

  private func tensors(_ bytes: [UInt8]) throws -> [String: StoredTensor] {
    try PyTorchFile.tensors(of: folder.write(bytes, to: "a.bin"))
  }

  private func error(_ bytes: [UInt8]) throws -> CheckpointError? {
    let file = try folder.write(bytes, to: "a.bin")
    return checkpointError { () throws(CheckpointError) in try PyTorchFile.tensors(of: file) }
  }

  private func fault(_ bytes: [UInt8]) throws -> PyTorchFault? {
    guard case .pytorch("a.bin", let fault)? = try error(bytes) else { return nil }
    return fault
  }

  private func fault(_ entries: [ZipBytes.Entry]) throws -> PyTorchFault? {
    try fault(ZipBytes(entries: entries).bytes)
  }

  @Test("tensors are read at any offset and stride", arguments: [false, true])
  func views(isLegacy: Bool) throws {
    for (offset, shape, strides, values) in [
      (0, [8], [1], [0, 1, 2, 3, 4, 5, 6, 7]), (3, [2], [1], [3, 4]), (7, [], [], [7]),
      (0, [2, 4], [4, 1], [0, 1, 2, 3, 4, 5, 6, 7]),
      (0, [4, 2], [1, 4], [0, 4, 1, 5, 2, 6, 3, 7]),
      (1, [2, 2], [4, 2], [1, 3, 5, 7]), (8, [0], [1], []), (0, [0, 3], [9, 9], []),
      (2, [1, 2, 1], [99, 3, 77], [2, 5]),
    ] as [(Int, [Int], [Int], [Float])] {
      let pickle = Self.pickle(offset: offset, shape: shape, strides: strides)
      let bytes =
        isLegacy ? Self.legacy(state: pickle) : ZipBytes(entries: Self.entries(pickle)).bytes
      let tensor = try #require(try tensors(bytes)["a"])
      #expect(tensor.shape == shape)
      #expect(try tensor.floats() == values)
    }
  }

  @Test("64-bit directories and comments are read")
  func wide() throws {
    let comment = Array("PK\u{5}\u{6} a comment".utf8)
    for zip in [
      ZipBytes(entries: Self.entries(Self.pickle()), isWide: true),
      ZipBytes(entries: Self.entries(Self.pickle()), comment: comment, isWide: true),
      ZipBytes(entries: Self.entries(Self.pickle()), comment: comment),
    ] {
      #expect(try tensors(zip.bytes)["a"]?.floats() == [0, 1, 2, 3, 4, 5, 6, 7])
    }
  }

  @Test("every file cut short is an incomplete download")
  func cut() throws {
    for whole in [
      ZipBytes(entries: Self.entries(Self.pickle())).bytes,
      ZipBytes(entries: Self.entries(Self.pickle()), isWide: true).bytes, Self.legacy(),
    ] {
      for count in stride(from: 15, to: whole.count, by: 7) {
        #expect(try error(Array(whole.prefix(count))) == .incomplete(file: "a.bin", .noEnd))
      }
      #expect(try error(Array(whole.dropLast())) == .incomplete(file: "a.bin", .noEnd))
    }
    #expect(try error([]) == .incomplete(file: "a.bin", .empty))
    #expect(
      try error([UInt8](repeating: 0, count: 600)) == .incomplete(file: "a.bin", .zeros))
    #expect(
      try error(Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8))
        == .incomplete(file: "a.bin", .pointer))
  }

  @Test("something else is no PyTorch file")
  func unknownFormat() throws {
    #expect(try fault(Array("<html>Not found</html>".utf8)) == .unknownFormat)
  }

  @Test("an archive has one pickle, and names only once")
  func entries() throws {
    let good = Self.entries(Self.pickle())
    #expect(try fault(Array(good.dropFirst())) == .noPickle)
    #expect(
      try fault(good + [ZipBytes.Entry(name: "n/data.pkl", content: Self.pickle())]) == .noPickle)
    #expect(try fault(good + [good[2]]) == .duplicateEntry("m/data/0"))
    var nested = good
    nested[0].name = "m/n/data.pkl"
    #expect(try fault(nested) == .noPickle)
  }

  @Test("a directory that contradicts the file is refused")
  func directory() throws {
    var renamed = Self.entries(Self.pickle())
    renamed[2].ownName = "m/data/1"
    #expect(try fault(renamed) == .directory(entry: "m/data/0"))
    let good = ZipBytes(entries: Self.entries(Self.pickle())).bytes
    // The last entry's header offset, size and the end mark's count, size, offset and disk.
    let entry = good.count - 22 - 46 - "m/data/0".utf8.count
    let end = good.count - 22
    for (offset, expected) in [
      (entry + 42, .directory(entry: "m/data/0")), (entry, .directory(entry: nil)),
      (end + 12, .directory(entry: nil)), (end + 16, .directory(entry: nil)),
      (end + 8, .directory(entry: nil)), (end + 4, .directory(entry: nil)),
    ] as [(Int, PyTorchFault)] {
      var bad = good
      bad[offset] ^= 0x40
      bad[offset + 1] ^= 0x7F
      #expect(try fault(bad) == expected, "\(offset - end)")
    }
  }

  @Test("big-endian files are refused")
  func byteOrder() throws {
    var entries = Self.entries(Self.pickle())
    entries[1].content = Array("big".utf8)
    #expect(try fault(entries) == .byteOrder)
    #expect(try fault(Self.legacy(littleEndian: 0x89)) == .byteOrder)
    entries.remove(at: 1)
    #expect(try fault(entries) == nil)
  }

  @Test("storages that are missing or too short are refused")
  func storages() throws {
    #expect(
      try fault(Self.entries(Self.pickle(key: "7"))) == .missingStorage(key: "7"))
    #expect(
      try fault(Self.entries(Self.pickle(), storage: Array(Self.eight.dropLast())))
        == .shortStorage(key: "0", needed: 32, given: 31))
    #expect(
      try fault(Self.legacy(keys: PickleBytes.pickle([0x5D]))) == .missingStorage(key: "0"))
  }

  @Test(
    "tensors that do not lie in their storage are refused",
    arguments: [
      (0, [9], [1]), (1, [8], [1]), (-1, [1], [1]), (8, [1], [1]), (9, [0], [1]), (0, [-1], [1]),
      (0, [2], [-1]), (0, [2], [8]), (0, [2, 2], [7, 2]), (0, [2], [1, 1]), (0, [8, 2], [1, 0]),
      (0, [Int.max], [Int.max]), (.max, [1], [1]), (0, [3], [.max]), (.max, [2], [1]),
      (0, [1 << 32, 1 << 32], [1 << 32, 1]), (0, [0, Int.max, 2], [1, 1, 1]),
    ])
  func outside(offset: Int, shape: [Int], strides: [Int]) throws {
    let pickle = Self.pickle(offset: offset, shape: shape, strides: strides)
    let expected = PyTorchFault.tensor(
      "a", offset: offset, shape: shape, strides: strides, storageBytes: 32)
    #expect(try fault(Self.entries(pickle)) == expected)
    #expect(try fault(Self.legacy(state: pickle)) == expected)
  }

  @Test("only a dictionary of tensors is a state dict")
  func stateDict() throws {
    #expect(try fault(Self.entries(PickleBytes.pickle([0x4E]))) == .notStateDict(key: nil))
    #expect(
      try fault(Self.entries(PickleBytes.pickle([0x7D, 0x4E, 0x4E, 0x73])))
        == .notStateDict(key: nil))
    #expect(
      try fault(Self.entries(PickleBytes.dictionary([("epoch", PickleBytes.integer(3))])))
        == .notStateDict(key: "epoch"))
    let tensor = PickleBytes.tensor(
      PickleBytes.storage("0", count: 8), shape: [8], strides: [1])
    #expect(
      try fault(Self.entries(PickleBytes.dictionary([("a", tensor), ("a", tensor)])))
        == .duplicateTensor("a"))
  }

  @Test("a pickle's fault names the file")
  func pickleFault() throws {
    #expect(
      try error(
        ZipBytes(entries: Self.entries(PickleBytes.pickle(PickleBytes.global("os", "system"))))
          .bytes)
        == .pytorch(
          file: "a.bin", .pickle(PickleFault(offset: 13, problem: .global("os.system")))))
  }

  @Test("a legacy file of another layout is refused")
  func legacyLayout() throws {
    #expect(try fault(Self.legacy(version: 1002)) == .legacyLayout("version"))
    #expect(try fault(Self.legacy(count: 7)) == .legacyLayout("size of storage '0'"))
    #expect(
      try fault(Self.legacy(keys: PickleBytes.pickle([0x4E])))
        == .legacyLayout("list of storages"))
    #expect(
      try fault(Self.legacy(keys: PickleBytes.pickle([0x5D, 0x4E, 0x61])))
        == .legacyLayout("list of storages"))
    #expect(
      try fault(
        Self.legacy(keys: PickleBytes.pickle([0x5D] + PickleBytes.text("9") + [0x61])))
        == .legacyLayout("storage '9'"))
  }
}
