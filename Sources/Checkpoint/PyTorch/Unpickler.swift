import Files

/// Reads a pickled state dict without ever running anything.
///
/// A closed machine: it knows those instructions of Python's pickle protocol 2 that `torch.save`
/// writes for dictionaries of tensors, a subset of what torch's own weights-only reader accepts
/// (`torch/_weights_only_unpickler.py`), and the names in `PickleGlobal`. Anything else is refused.
/// Every instruction takes at least one byte, does a bounded amount of work for each value it
/// consumes, and all tables have limits.
struct Unpickler: ~Escapable {
  /// Far above what a checkpoint needs.
  ///
  /// A state dict of 2,723 tensors, the most that one of InternVL3 has, takes about 300 kB, 60,000
  /// values in containers and 30,000 memo entries; `torch.save` puts 2,000 on the stack at a time.
  enum Limit {
    static let bytes = 64 << 20
    static let stack = 1 << 16
    static let values = 1 << 18
    static let memo = 1 << 18
  }

  private var reader: ByteReader
  private var stack: [PickleValue] = []
  /// The stack's heights at which marks lie.
  private var marks: [Int] = []
  private var memo: [UInt32: PickleValue] = [:]
  private var valuesInContainers = 0

  private(set) var containers: [[PickleValue]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []

  /// An unpickler of the pickle at the beginning of `bytes`; others may follow it.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) {
    reader = ByteReader(bytes.extracting(first: Limit.bytes))
  }

  /// The number of bytes that were read.
  var position: Int { reader.position }

  /// Reads up to STOP and gives the value that the pickle stands for.
  mutating func load() throws(PickleFault) -> PickleValue {
    while true {
      let opcode = try byte()
      guard opcode != UInt8(ascii: ".") else { return try pop("STOP") }
      try execute(opcode)
    }
  }
}

// MARK: Instructions

extension Unpickler {
  private mutating func execute(_ opcode: UInt8) throws(PickleFault) {
    switch opcode {
    case 0x80: _ = try byte()  // PROTO; the instructions themselves tell what is needed
    case UInt8(ascii: "("): try mark()
    case UInt8(ascii: "N"): try push(.none)
    case 0x88: try push(.bool(true))
    case 0x89: try push(.bool(false))
    case UInt8(ascii: "J"): try push(.integer(Int(try number(Int32.self))))
    case UInt8(ascii: "K"): try push(.integer(Int(try byte())))
    case UInt8(ascii: "M"): try push(.integer(Int(try number(UInt16.self))))
    case 0x8A: try push(.integer(try long()))
    case UInt8(ascii: "G"):
      try push(.number(Double(bitPattern: try number(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"): try push(.string(try text(byteCount: Int(try number(UInt32.self)))))
    case UInt8(ascii: "U"): try push(.string(try text(byteCount: Int(try byte()))))
    case UInt8(ascii: "h"): try recall(UInt32(try byte()))
    case UInt8(ascii: "j"): try recall(try number(UInt32.self))
    case UInt8(ascii: "q"): try remember(UInt32(try byte()))
    case UInt8(ascii: "r"): try remember(try number(UInt32.self))
    default: try executeOnContainers(opcode)
    }
  }

  private mutating func executeOnContainers(_ opcode: UInt8) throws(PickleFault) {
    switch opcode {
    case UInt8(ascii: ")"): try push(.tuple(try store([])))
    case UInt8(ascii: "]"): try push(.list(try store([])))
    case UInt8(ascii: "}"): try push(.dictionary(try store([])))
    case UInt8(ascii: "t"): try push(.tuple(try store(try popToMark("TUPLE"))))
    case 0x85...0x87: try push(.tuple(try store(try pop(Int(opcode) - 0x84, "TUPLE"))))
    case UInt8(ascii: "a"): try append(try pop(1, "APPEND"), "APPEND")
    case UInt8(ascii: "e"): try append(try popToMark("APPENDS"), "APPENDS")
    case UInt8(ascii: "s"): try setItems(try pop(2, "SETITEM"), "SETITEM")
    case UInt8(ascii: "u"): try setItems(try popToMark("SETITEMS"), "SETITEMS")
    case UInt8(ascii: "c"): try push(.global(try global()))
    case UInt8(ascii: "Q"): try push(.storage(try persistentStorage(try pop("BINPERSID"))))
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    default: throw fault(.opcode(opcode))
    }
  }

  private mutating func append(
    _ values: [PickleValue], _ instruction: String
  ) throws(PickleFault) {
    guard case .list(let list) = try top(instruction) else { throw fault(.operands(instruction)) }
    try extend(list, with: values)
  }

  private mutating func setItems(
    _ pairs: [PickleValue], _ instruction: String
  ) throws(PickleFault) {
    guard case .dictionary(let dictionary) = try top(instruction), pairs.count.isMultiple(of: 2)
    else { throw fault(.operands(instruction)) }
    try extend(dictionary, with: pairs)
  }

  /// A name, as two lines: the module and the name in it.
  private mutating func global() throws(PickleFault) -> PickleGlobal {
    guard let module = reader.line(), let name = reader.line() else {
      throw fault(reader.isAtEnd ? .end : .text)
    }
    guard let global = PickleGlobal(module: module, name: name) else {
      throw fault(.global("\(module).\(name)"))
    }
    return global
  }

  /// Calls a function on a tuple of arguments.
  private mutating func reduce() throws(PickleFault) {
    let operands = try pop(2, "REDUCE")
    guard case .global(let function) = operands[0], case .tuple(let tuple) = operands[1] else {
      throw fault(.operands("REDUCE"))
    }
    try push(try call(function, containers[tuple]))
  }

  /// Gives an object its attributes.
  ///
  /// An ordered dictionary may carry notes that torch keeps (`_metadata`); they are dropped.
  private mutating func build() throws(PickleFault) {
    guard case .dictionary = try pop("BUILD"), case .dictionary = try top("BUILD") else {
      throw fault(.operands("BUILD"))
    }
  }
}

// MARK: Stack, memo and containers

extension Unpickler {
  private mutating func push(_ value: PickleValue) throws(PickleFault) {
    guard stack.count < Limit.stack else {
      throw fault(.tooMany("values on the stack", limit: Limit.stack))
    }
    stack.append(value)
  }

  private mutating func mark() throws(PickleFault) {
    guard marks.count < Limit.stack else { throw fault(.tooMany("marks", limit: Limit.stack)) }
    marks.append(stack.count)
  }

  /// The last `count` values above the last mark, in the order in which they were pushed.
  private mutating func pop(
    _ count: Int, _ instruction: String
  ) throws(PickleFault) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw fault(.operands(instruction)) }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func pop(_ instruction: String) throws(PickleFault) -> PickleValue {
    let value = try top(instruction)
    stack.removeLast()
    return value
  }

  private func top(_ instruction: String) throws(PickleFault) -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw fault(.operands(instruction))
    }
    return value
  }

  /// Removes the last mark and all values above it.
  private mutating func popToMark(_ instruction: String) throws(PickleFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault(.operands(instruction)) }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func remember(_ index: UInt32) throws(PickleFault) {
    memo[index] = try top("PUT")
    guard memo.count <= Limit.memo else {
      throw fault(.tooMany("memo entries", limit: Limit.memo))
    }
  }

  private mutating func recall(_ index: UInt32) throws(PickleFault) {
    guard let value = memo[index] else { throw fault(.memo(Int(index))) }
    try push(value)
  }

  mutating func store(_ values: [PickleValue]) throws(PickleFault) -> Int {
    // A container without values counts, too.
    try countValues(values.count + 1)
    containers.append(values)
    return containers.count - 1
  }

  private mutating func extend(
    _ container: Int, with values: [PickleValue]
  ) throws(PickleFault) {
    try countValues(values.count)
    containers[container] += values
  }

  private mutating func countValues(_ count: Int) throws(PickleFault) {
    valuesInContainers += count
    guard valuesInContainers <= Limit.values else {
      throw fault(.tooMany("values", limit: Limit.values))
    }
  }
}

// MARK: Bytes

extension Unpickler {
  func fault(_ problem: PickleFault.Problem) -> PickleFault {
    PickleFault(offset: reader.position, problem: problem)
  }

  private mutating func byte() throws(PickleFault) -> UInt8 { try number(UInt8.self) }

  private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws(PickleFault) -> Number {
    guard let number = reader.integer(type) else { throw fault(.end) }
    return number
  }

  /// A signed integer of a length that is given first, little-endian.
  private mutating func long() throws(PickleFault) -> Int {
    let count = Int(try byte())
    guard count <= 8 else { throw fault(.integer) }
    var bits: UInt64 = 0
    for index in 0..<count { bits |= UInt64(try byte()) << UInt64(8 * index) }
    guard count > 0 else { return 0 }
    // The highest bit that was given is the sign.
    let unused = Int64(64 - 8 * count)
    return Int((Int64(bitPattern: bits) << unused) >> unused)
  }

  private mutating func text(byteCount: Int) throws(PickleFault) -> String {
    guard let range = reader.take(byteCount) else { throw fault(.end) }
    guard let text = reader.bytes.text(in: range) else { throw fault(.text) }
    return text
  }
}
