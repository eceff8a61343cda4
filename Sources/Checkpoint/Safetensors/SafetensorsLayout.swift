import Files
import Kernels

/// Where the tensors of a safetensors file to be written will lie.
///
/// The format allows no gaps, so the order does the aligning: tensors whose size is a multiple of
/// 64 bytes come first and all start at multiples of 64; the others follow, those with wider
/// elements first, each aligned to its elements.
struct SafetensorsLayout {
  static let alignment = 64

  /// The file's bytes before the data section, which starts at a multiple of 64.
  let header: [UInt8]
  /// Each tensor's place in the file.
  let places: [String: Range<Int>]
  /// The size of the whole file.
  let fileBytes: Int

  /// - Precondition: names are unique and no size overflows.
  init(_ tensors: [SafetensorsWriter.Declaration], metadata: [String: String]) {
    let (aligned, rest) = tensors.partitioned { $0.byteCount.isMultiple(of: Self.alignment) }
    var entries: [String] = []
    var places: [String: Range<Int>] = [:]
    var end = 0
    if !metadata.isEmpty { entries.append("\"__metadata__\":\(Self.json(metadata))") }
    for tensor in aligned + rest.sorted(by: { $0.type.byteCount > $1.type.byteCount }) {
      let place = end..<end + tensor.byteCount
      end = place.upperBound
      precondition(
        places.updateValue(place, forKey: tensor.name) == nil, "two tensors \(tensor.name)")
      entries.append(
        """
        \(Self.json(tensor.name)):{"dtype":"\(SafetensorsHeader.name(of: tensor.type))",\
        "shape":[\(tensor.shape.map(String.init).joined(separator: ","))],\
        "data_offsets":[\(place.lowerBound),\(place.upperBound)]}
        """)
    }
    var text = Array("{\(entries.joined(separator: ","))}".utf8)
    let prefix = MemoryLayout<UInt64>.size
    while !(text.count + prefix).isMultiple(of: Self.alignment) { text.append(UInt8(ascii: " ")) }
    header = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    let start = header.count
    self.places = places.mapValues { start + $0.lowerBound..<start + $0.upperBound }
    fileBytes = start + end
  }

  private static func json(_ members: [String: String]) -> String {
    let pairs = members.sorted { $0.key < $1.key }.map { "\(json($0.key)):\(json($0.value))" }
    return "{\(pairs.joined(separator: ","))}"
  }

  /// The string as JSON (RFC 8259, section 7).
  private static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        result += "\\\(scalar)"
      case "\0"..<" ":
        result += "\\u" + UInt16(scalar.value).hexadecimal
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension Array {
  /// The elements for which `condition` holds, and the others, both in order.
  fileprivate func partitioned(_ condition: (Element) -> Bool) -> (Array, Array) {
    (filter(condition), filter { !condition($0) })
  }
}
