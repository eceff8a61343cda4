@testable import Checkpoint

/// Assembles pickles of protocol 2, as `torch.save` writes them.
struct PickleBytes {
  var bytes: [UInt8] = [0x80, 2]

  static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "X")] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    [UInt8(ascii: "c")] + Array("\(module)\n\(name)\n".utf8)
  }

  /// An integer of up to 64 bits (LONG1).
  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(Int64(value)) }

  static func tuple(_ parts: [[UInt8]]) -> [UInt8] {
    [UInt8(ascii: "(")] + parts.joined() + [UInt8(ascii: "t")]
  }

  /// A persistent id; `tail` are further parts.
  static func storage(
    _ key: String, type: String = "FloatStorage", count: Int, tail: [[UInt8]] = []
  ) -> [UInt8] {
    tuple(
      [text("storage"), global("torch", type), text(key), text("cpu"), integer(count)] + tail)
      + [UInt8(ascii: "Q")]
  }

  /// `OrderedDict()`.
  static let orderedDictionary = global("collections", "OrderedDict") + Array(")R".utf8)

  static func tensor(
    _ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]
  ) -> [UInt8] {
    global("torch._utils", "_rebuild_tensor_v2")
      + tuple([
        storage, integer(offset), tuple(shape.map(integer)), tuple(strides.map(integer)), [0x89],
        orderedDictionary,
      ]) + [UInt8(ascii: "R")]
  }

  /// A whole pickle of one value.
  static func pickle(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + [UInt8(ascii: ".")] }

  /// A whole pickle of a dictionary.
  static func dictionary(_ members: [(String, [UInt8])]) -> [UInt8] {
    pickle(
      Array("}(".utf8) + members.flatMap { text($0.0) + $0.1 } + [UInt8(ascii: "u")])
  }
}
