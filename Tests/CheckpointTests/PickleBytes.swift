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

/// Assembles ZIP archives of plain bytes.
struct ZipBytes {
  struct Entry {
    var name: String
    var content: [UInt8]
    /// The compression method; the content is not touched.
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// The name in the entry's own header.
    var ownName: String?
  }

  var entries: [Entry]
  var comment: [UInt8] = []
  /// Whether sizes and offsets stand in the 64-bit fields.
  var isWide = false

  var bytes: [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let size = UInt64(entry.content.count)
      let offset = UInt64(archive.count)
      let ownName = Array((entry.ownName ?? entry.name).utf8)
      // torch leaves the sizes to a record behind the data.
      archive += littleEndian(UInt32(0x0403_4B50)) + littleEndian(UInt16(20))
      archive += littleEndian(entry.flags) + littleEndian(entry.method)
      archive += [UInt8](repeating: 0, count: 16)
      archive += littleEndian(UInt16(ownName.count)) + littleEndian(UInt16(3))
      archive += ownName + [1, 2, 3] + entry.content
      let wide = littleEndian(size) + littleEndian(size) + littleEndian(offset)
      let extra =
        isWide
        ? [9, 9, 1, 0, 7] + littleEndian(UInt16(1)) + littleEndian(UInt16(wide.count)) + wide : []
      directory += littleEndian(UInt32(0x0201_4B50)) + [0, 0, 0, 0]
      directory += littleEndian(entry.flags) + littleEndian(entry.method)
      directory += [UInt8](repeating: 0, count: 8)
      directory += littleEndian(isWide ? UInt32.max : UInt32(size))
      directory += littleEndian(isWide ? UInt32.max : UInt32(size))
      directory += littleEndian(UInt16(entry.name.utf8.count))
      directory += littleEndian(UInt16(extra.count)) + [UInt8](repeating: 0, count: 10)
      directory += littleEndian(isWide ? UInt32.max : UInt32(offset))
      directory += Array(entry.name.utf8) + extra
    }
    return archive + directory + end(start: archive.count, size: directory.count)
  }

  private func end(start: Int, size: Int) -> [UInt8] {
    let count = UInt16(entries.count)
    var end: [UInt8] = []
    if isWide {
      end += littleEndian(UInt32(0x0606_4B50)) + littleEndian(UInt64(44))
      end += [45, 0, 45, 0] + [UInt8](repeating: 0, count: 8)
      end += littleEndian(UInt64(count)) + littleEndian(UInt64(count))
      end += littleEndian(UInt64(size)) + littleEndian(UInt64(start))
      end += littleEndian(UInt32(0x0706_4B50)) + [0, 0, 0, 0]
      end += littleEndian(UInt64(start + size)) + littleEndian(UInt32(1))
    }
    end += littleEndian(UInt32(0x0605_4B50)) + [0, 0, 0, 0]
    end += littleEndian(count) + littleEndian(count)
    end += littleEndian(isWide ? UInt32.max : UInt32(size))
    end += littleEndian(isWide ? UInt32.max : UInt32(start))
    return end + littleEndian(UInt16(comment.count)) + comment
  }
}
