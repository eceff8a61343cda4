/// Where a string stands between two bytes, as far as it is free text.
enum TextState {
  /// Between two characters.
  static let between: Int32 = 0
  private static let escape: Int32 = 8

  /// The next state for every state and byte; −1 where the byte is not allowed.
  ///
  /// The closing quotation mark is not in it.
  static let transitions: [Int32] = {
    var table = [Int32](repeating: -1, count: 14 * 256)
    func allow(_ state: Int, _ bytes: ClosedRange<UInt8>, _ target: Int32) {
      for byte in bytes { table[state * 256 + Int(byte)] = target }
    }
    // The Unicode Standard, table 3-7: well-formed UTF-8.
    allow(0, 0x20...0x7F, between)
    allow(0, 0x22...0x22, -1)
    allow(0, 0x5C...0x5C, escape)
    allow(0, 0xC2...0xDF, 1)
    allow(0, 0xE0...0xE0, 4)
    allow(0, 0xE1...0xEC, 2)
    allow(0, 0xED...0xED, 5)
    allow(0, 0xEE...0xEF, 2)
    allow(0, 0xF0...0xF0, 6)
    allow(0, 0xF1...0xF3, 3)
    allow(0, 0xF4...0xF4, 7)
    allow(1, 0x80...0xBF, between)
    allow(2, 0x80...0xBF, 1)
    allow(3, 0x80...0xBF, 2)
    allow(4, 0xA0...0xBF, 1)
    allow(5, 0x80...0x9F, 1)
    allow(6, 0x90...0xBF, 2)
    allow(7, 0x80...0x8F, 2)
    // `\u00` and two digits, for control characters without a short escape.
    for letter in StringSpelling.shortEscapes.values { allow(8, letter...letter, between) }
    allow(8, UInt8(ascii: "u")...UInt8(ascii: "u"), 9)
    allow(9, UInt8(ascii: "0")...UInt8(ascii: "0"), 10)
    allow(10, UInt8(ascii: "0")...UInt8(ascii: "0"), 11)
    allow(11, UInt8(ascii: "0")...UInt8(ascii: "0"), 12)
    allow(11, UInt8(ascii: "1")...UInt8(ascii: "1"), 13)
    for code in UInt8(0)..<0x20 where StringSpelling.shortEscapes[code] == nil {
      let digit = StringSpelling.ascii(code)[5]
      allow(code < 0x10 ? 12 : 13, digit...digit, between)
    }
    return table
  }()

  static func next(_ state: Int32, _ byte: UInt8) -> Int32 {
    transitions[Int(state) * 256 + Int(byte)]
  }

  /// The bytes that end a character that has begun, the shortest that there are.
  static let endings: [[UInt8]] = [
    [], [0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0xA0, 0x80], [0x80, 0x80], [0x90, 0x80, 0x80],
    [0x80, 0x80, 0x80], Array("\"".utf8), Array("0000".utf8),
    Array("000".utf8), Array("00".utf8), Array("0".utf8), Array("0".utf8),
  ]
}
