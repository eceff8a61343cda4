/// Steps through the fields of a protobuf message.
///
/// Source: the protobuf encoding specification ("wire format"). Groups, which no SentencePiece file
/// has, are refused.
struct ProtobufReader {
  /// A field's value, as far as its wire type tells.
  enum Value {
    /// A number, a Boolean value or the number of an enumeration's case.
    case varint(UInt64)
    /// A string, bytes or a message: where it lies in the file.
    case bytes(Range<Int>)
    /// A fixed-size number.
    case fixed
  }

  private let end: Int
  private var offset: Int

  /// - Parameter message: where the message lies in the file.
  init(_ message: Range<Int>) {
    offset = message.lowerBound
    end = message.upperBound
  }

  /// The number and value of the next field; nil at the end of the message.
  mutating func next(
    in file: Span<UInt8>
  ) throws(TokenizerDefect) -> (field: UInt64, value: Value)? {
    guard offset < end else { return nil }
    let start = offset
    let key = try varint(in: file)
    let value: Value
    switch key & 7 {
    case 0: value = .varint(try varint(in: file))
    case 1: value = try skip(8, from: start)
    case 2:
      let count = try varint(in: file)
      guard count <= UInt64(end - offset) else { throw Self.broken(start) }
      value = .bytes(offset..<offset + Int(count))
      offset += Int(count)
    case 5: value = try skip(4, from: start)
    default: throw Self.broken(start)
    }
    return (key >> 3, value)
  }

  private mutating func skip(_ bytes: Int, from start: Int) throws(TokenizerDefect) -> Value {
    guard end - offset >= bytes else { throw Self.broken(start) }
    offset += bytes
    return .fixed
  }

  private mutating func varint(in file: Span<UInt8>) throws(TokenizerDefect) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard offset < end else { break }
      let byte = file[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw Self.broken(offset)
  }

  private static func broken(_ offset: Int) -> TokenizerDefect {
    .sentencePiece(.field(offset: offset))
  }
}
