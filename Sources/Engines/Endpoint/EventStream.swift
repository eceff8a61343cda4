/// Cuts a stream of server-sent events into what they say.
///
/// Source: the HTML standard, section 9.2.6. Names and ids of events are passed over.
struct EventStream {
  /// The longest line; an event of an answer has some hundred bytes.
  static let maximumBytes = 1 << 20

  private var line: [UInt8] = []
  private var lines: [String] = []
  private var endsInReturn = false

  /// Adds bytes; returns the data of the events that are complete by now.
  ///
  /// - Throws: `EndpointError.brokenStream` for a line that is too long, or no line of an event.
  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(EndpointError) -> [String] {
    var events: [String] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n"), endsInReturn {
        endsInReturn = false
        continue
      }
      endsInReturn = byte == UInt8(ascii: "\r")
      guard endsInReturn || byte == UInt8(ascii: "\n") else {
        guard line.count < Self.maximumBytes else { throw .brokenStream(excerpt(line)) }
        line.append(byte)
        continue
      }
      if let event = try endLine() { events.append(event) }
    }
    return events
  }

  /// Takes a whole line; returns the data of the event that it ends.
  private mutating func endLine() throws(EndpointError) -> String? {
    defer { line = [] }
    if line.isEmpty {
      defer { lines = [] }
      return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
    let text = String(decoding: line, as: UTF8.self)
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch parts[0] {
    case "data":
      let value = parts.count > 1 ? parts[1] : ""
      lines.append(String(value.first == " " ? value.dropFirst() : value))
    case "", "event", "id", "retry": break
    default: throw .brokenStream(excerpt(line))
    }
    return nil
  }
}

/// The beginning of what a server sent, for messages.
func excerpt(_ bytes: some Sequence<UInt8>) -> String {
  let text = String(decoding: Array(bytes.prefix(200)), as: UTF8.self)
  return text.split(whereSeparator: \.isNewline).first.map { String($0.prefix(80)) } ?? ""
}
