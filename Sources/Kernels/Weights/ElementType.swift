/// The element types that checkpoints may hold.
package enum ElementType: Sendable {
  case float32, float16, bfloat16, int64, int32, int16, int8, uint8, bool

  /// The size of one element; also its natural alignment.
  package var byteCount: Int {
    switch self {
    case .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}
