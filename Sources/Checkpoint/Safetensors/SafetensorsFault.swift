import Files
package import JSON

/// What breaks the safetensors format.
///
/// Offsets count from the beginning of the file's data section unless said otherwise.
package enum SafetensorsFault: Error, Equatable {
  /// The header's length is beyond what the format allows.
  case headerTooLarge(bytes: UInt64, limit: Int)
  /// The header is not a JSON object.
  case header(JSONFault)
  /// `__metadata__` is not an object of strings.
  case metadata
  /// An entry lacks a part, or the part has the wrong type.
  case entry(tensor: String, part: String)
  /// The element type is unknown, or not one that a model's weights can have.
  case elementType(tensor: String, name: String)
  /// The shape's product, or its size in bytes, does not fit an integer.
  case shapeOverflow(tensor: String, shape: [Int])
  /// The end comes before the start.
  case backwards(tensor: String, start: Int, end: Int)
  /// The shape needs another number of bytes than the offsets give.
  case wrongSize(tensor: String, shape: [Int], needed: Int, given: Int)
  /// Two tensors claim the same bytes.
  case overlap(tensor: String, other: String, offset: Int)
}

extension SafetensorsFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .headerTooLarge(let bytes, let limit):
      "its header claims \(bytes) bytes, more than \(limit)"
    case .header(let fault):
      "its header has \(fault)"
    case .metadata:
      "__metadata__ is not an object of strings"
    case .entry(let tensor, let part):
      "tensor \(tensor.quoted) has no valid \(part)"
    case .elementType(let tensor, let name):
      "tensor \(tensor.quoted) has the element type \(name.quoted); known are "
        + SafetensorsHeader.typeNames.keys.sorted().joined(separator: ", ")
    case .shapeOverflow(let tensor, let shape):
      "tensor \(tensor.quoted) has the impossible shape \(shape)"
    case .backwards(let tensor, let start, let end):
      "tensor \(tensor.quoted) starts at \(start) and ends before, at \(end)"
    case .wrongSize(let tensor, let shape, let needed, let given):
      "tensor \(tensor.quoted) of shape \(shape) needs \(needed) bytes and has \(given)"
    case .overlap(let tensor, let other, let offset):
      "tensors \(tensor.quoted) and \(other.quoted) both claim byte \(offset)"
    }
  }
}
