import Files
import Kernels

/// The form that `torch.save` wrote before version 1.6, and still writes on request.
///
/// One after another: pickles of a magic number, of the layout's version, of facts about the
/// writing system, of the object, and of the list of storage keys; then for each key eight bytes
/// with the number of elements, and the elements. Nothing is aligned.
/// Source: `_legacy_save` and `_legacy_load` in `torch/serialization.py`.
enum LegacyPyTorchFile {
  /// How every file begins: the pickle, in protocol 2, of 0x1950A86A20F9469CFC6C.
  static let magic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  private static let layoutVersion = 1001

  static func tensors(of file: MappedFile) throws(PyTorchFault) -> [String: StoredTensor] {
    let bytes = file.bytes
    var position = magic.count
    guard try pickle(bytes, &position).root == .integer(layoutVersion) else {
      throw .legacyLayout("version")
    }
    let system = try pickle(bytes, &position).pairs
    guard system?.first(where: { $0.key == "little_endian" })?.value == .bool(true) else {
      throw .byteOrder
    }
    let state = try StateDict(pickle(bytes, &position))
    guard let keys = try pickle(bytes, &position).strings else {
      throw .legacyLayout("list of storages")
    }
    return try state.tensors(in: file, places: places(of: keys, state, bytes, position))
  }

  /// The pickle at `position`, which moves behind it.
  private static func pickle(
    _ bytes: RawSpan, _ position: inout Int
  ) throws(PyTorchFault) -> Pickle {
    do {
      let pickle = try Pickle(bytes.extracting(position...))
      position += pickle.byteCount
      return pickle
    } catch .pickle(let fault) where fault.problem == .end {
      throw .incomplete(.noEnd)
    }
  }

  /// Where the storages lie, the first of which starts at `position`.
  private static func places(
    of keys: [String], _ state: StateDict, _ bytes: RawSpan, _ position: Int
  ) throws(PyTorchFault) -> [String: Range<Int>] {
    var reader = ByteReader(bytes, at: position)
    var places: [String: Range<Int>] = [:]
    for key in keys {
      guard let storage = state.storages[key] else { throw .legacyLayout("storage \(key.quoted)") }
      guard let count = reader.integer(Int64.self) else { throw .incomplete(.noEnd) }
      guard count == storage.byteCount / storage.type.byteCount else {
        throw .legacyLayout("size of storage \(key.quoted)")
      }
      guard let place = reader.take(storage.byteCount) else { throw .incomplete(.noEnd) }
      places[key] = place
    }
    return places
  }
}
