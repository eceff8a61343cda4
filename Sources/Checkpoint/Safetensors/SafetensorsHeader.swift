import JSON
import Kernels

/// The header of a safetensors file: what tensors there are, and where.
///
/// The format (github.com/huggingface/safetensors): eight bytes with the header's length N,
/// little-endian; N bytes of JSON, `{name: {"dtype", "shape", "data_offsets": [start, end]}}` and
/// `"__metadata__"` with strings; then the data section, in which the offsets count. Unlike the
/// format's own reader this one lets unused bytes lie between tensors.
struct SafetensorsHeader {
  /// One tensor; `bytes` is its place in the file.
  struct Entry: Equatable {
    let name: String
    let type: ElementType
    let shape: [Int]
    let bytes: Range<Int>
  }

  /// The longest header, as in the format's own reader.
  static let maximumBytes = 100_000_000

  /// The element types that a model's weights can have.
  ///
  /// The others of the format (64-bit floats, 8-bit floats, wider unsigned integers) are refused
  /// by name.
  static let typeNames = Dictionary(
    uniqueKeysWithValues: [
      ElementType.float32, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
    ].map { (name(of: $0), $0) })

  /// The format's name of an element type.
  static func name(of type: ElementType) -> String {
    switch type {
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  let metadata: [String: String]
  /// Sorted by place in the file.
  let entries: [Entry]

  /// Reads and checks the header of a whole file's `bytes`; `file` is its name.
  init(_ bytes: RawSpan, file: String) throws(CheckpointError) {
    let header = try Self.headerRange(bytes, file: file)
    var members: [String: JSONValue]
    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    do {
      members = try Self.members(bytes.extracting(header))
      if let value = members.removeValue(forKey: "__metadata__") {
        metadata = try Self.metadata(value)
      }
      for (name, value) in members {
        entries.append(try Self.entry(name, value, dataStart: header.upperBound))
      }
      entries.sort {
        ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name)
          < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
      }
      try Self.refuseOverlaps(entries, dataStart: header.upperBound)
    } catch {
      throw .safetensors(file: file, error)
    }
    if let last = entries.max(by: { $0.bytes.upperBound < $1.bytes.upperBound }),
      last.bytes.upperBound > bytes.byteCount
    {
      throw .incomplete(
        file: file,
        .tensorCut(tensor: last.name, needed: last.bytes.upperBound, actual: bytes.byteCount))
    }
    self.metadata = metadata
    self.entries = entries
  }

  /// Where the JSON lies; the data section begins where it ends.
  private static func headerRange(
    _ bytes: RawSpan, file: String
  ) throws(CheckpointError) -> Range<Int> {
    let prefix = 8
    if let sign = IncompleteSign(beginningOf: bytes) { throw .incomplete(file: file, sign) }
    guard bytes.byteCount >= prefix else {
      throw .incomplete(file: file, .headerCut(needed: prefix, actual: bytes.byteCount))
    }
    let length = UInt64(littleEndian: bytes.unsafeLoadUnaligned(as: UInt64.self))
    guard length <= UInt64(maximumBytes) else {
      throw .safetensors(file: file, .headerTooLarge(bytes: length, limit: maximumBytes))
    }
    let end = prefix + Int(length)
    guard end <= bytes.byteCount else {
      throw .incomplete(file: file, .headerCut(needed: end, actual: bytes.byteCount))
    }
    return prefix..<end
  }

  private static func members(_ bytes: RawSpan) throws(SafetensorsFault) -> [String: JSONValue] {
    do {
      return try JSONObject.members(bytes)
    } catch {
      throw .header(error)
    }
  }

  private static func metadata(_ value: JSONValue) throws(SafetensorsFault) -> [String: String] {
    guard case .object(let members) = value else { throw .metadata }
    var metadata: [String: String] = [:]
    for (key, value) in members {
      guard case .string(let text) = value else { throw .metadata }
      metadata[key] = text
    }
    return metadata
  }

  private static func entry(
    _ name: String, _ value: JSONValue, dataStart: Int
  ) throws(SafetensorsFault) -> Entry {
    guard case .object(let members) = value else { throw .entry(tensor: name, part: "description") }
    guard case .string(let typeName)? = members["dtype"] else {
      throw .entry(tensor: name, part: "dtype")
    }
    guard let type = typeNames[typeName] else { throw .elementType(tensor: name, name: typeName) }
    guard let shape = sizes(members["shape"]) else { throw .entry(tensor: name, part: "shape") }
    guard let offsets = sizes(members["data_offsets"]), offsets.count == 2,
      case let (end, overflow) = offsets[1].addingReportingOverflow(dataStart), !overflow
    else { throw .entry(tensor: name, part: "data_offsets") }
    guard offsets[0] <= offsets[1] else {
      throw .backwards(tensor: name, start: offsets[0], end: offsets[1])
    }
    guard let needed = TensorView.byteCount(of: shape, type) else {
      throw .shapeOverflow(tensor: name, shape: shape)
    }
    guard offsets[1] - offsets[0] == needed else {
      throw .wrongSize(
        tensor: name, shape: shape, needed: needed, given: offsets[1] - offsets[0])
    }
    return Entry(name: name, type: type, shape: shape, bytes: end - needed..<end)
  }

  /// A list of integers none of which is negative, or nil.
  private static func sizes(_ value: JSONValue?) -> [Int]? {
    guard case .array(let elements)? = value else { return nil }
    var sizes: [Int] = []
    for element in elements {
      guard case .integer(let size) = element, size >= 0 else { return nil }
      sizes.append(size)
    }
    return sizes
  }

  /// Checks that no byte belongs to two tensors; `entries` are sorted by place.
  private static func refuseOverlaps(
    _ entries: [Entry], dataStart: Int
  ) throws(SafetensorsFault) {
    var previous: Entry?
    for entry in entries where !entry.bytes.isEmpty {
      if let previous, entry.bytes.lowerBound < previous.bytes.upperBound {
        throw .overlap(
          tensor: previous.name, other: entry.name, offset: entry.bytes.lowerBound - dataStart)
      }
      previous = entry
    }
  }
}
