import Kernels
import Testing

@testable import Checkpoint

@Suite("Unpickler")
struct UnpicklerTests {
  private func read(_ bytes: [UInt8]) throws(PyTorchFault) -> Pickle {
    try Pickle(bytes.span.bytes)
  }

  /// What the instructions, without the frame around them, are refused for.
  private func problem(_ instructions: [UInt8]) -> PickleFault.Problem? {
    do {
      _ = try read([0x80, 2] + instructions)
      return nil
    } catch .pickle(let fault) {
      return fault.problem
    } catch {
      Issue.record("\(error)")
      return nil
    }
  }

  private func problem(_ instructions: String) -> PickleFault.Problem? {
    problem(Array(instructions.utf8))
  }

  @Test(
    "simple values are read",
    arguments: [
      (Array("N".utf8), .none), ([0x88], .bool(true)), ([0x89], .bool(false)),
      (Array("K".utf8) + [255], .integer(255)), (Array("M".utf8) + [1, 2], .integer(513)),
      (Array("J".utf8) + [0xFE, 0xFF, 0xFF, 0xFF], .integer(-2)),
      ([0x8A, 0], .integer(0)), ([0x8A, 1, 0x80], .integer(-128)),
      ([0x8A, 2, 0xFF, 0], .integer(255)), (PickleBytes.integer(.min), .integer(.min)),
      (PickleBytes.integer(.max), .integer(.max)),
      (Array("G".utf8) + [0x3F, 0xF8, 0, 0, 0, 0, 0, 0], .number(1.5)),
      (PickleBytes.text("名"), .string("名")), (Array("U".utf8) + [2, 0x61, 0x62], .string("ab")),
    ] as [([UInt8], PickleValue)])
  func simpleValues(bytes: [UInt8], expected: PickleValue) throws {
    #expect(try read(PickleBytes.pickle(bytes)).root == expected)
  }

  @Test("containers, marks and the memo work as in Python")
  func containers() throws {
    #expect(
      try read(PickleBytes.pickle(Array("](X\u{1}\0\0\0aX\u{1}\0\0\0be".utf8))).strings == [
        "a", "b",
      ])
    #expect(try read(PickleBytes.pickle(Array("]q\u{0}X\u{1}\0\0\0aa".utf8))).strings == ["a"])
    // The list is changed after it was stored: the memo means the list, not what it held.
    let shared = try read(PickleBytes.pickle(Array("]q\u{7}X\u{1}\0\0\0aah\u{7}".utf8) + [0x86]))
    #expect(shared.root == .tuple(1))
    #expect(shared.containers == [[.string("a")], [.list(0), .list(0)]])
    let dictionary = try read(PickleBytes.pickle(Array("}X\u{1}\0\0\0kN\u{73}".utf8)))
    #expect(dictionary.pairs?.map(\.key) == ["k"])
    let wide = try read(
      PickleBytes.pickle([0x88] + Array("r".utf8) + [0, 1, 0, 0] + Array("j".utf8) + [0, 1, 0, 0]))
    #expect(wide.root == .bool(true))
    // A list that holds itself does no harm.
    #expect(try read(PickleBytes.pickle(Array("]q\u{0}h\u{0}a".utf8))).containers == [[.list(0)]])
  }

  @Test("an ordered dictionary with torch's notes is a dictionary")
  func notes() throws {
    let bytes =
      PickleBytes.orderedDictionary + Array("(".utf8) + PickleBytes.text("k") + Array("Nu".utf8)
      + Array("}".utf8) + PickleBytes.text("_metadata") + PickleBytes.orderedDictionary
      + Array("sb".utf8)
    #expect(try read(PickleBytes.pickle(bytes)).pairs?.map(\.key) == ["k"])
  }

  @Test("a tensor of more dimensions than weights have is refused, since each would be copied")
  func dimensions() throws {
    let storage = PickleBytes.storage("0", count: 1)
    func tensor(_ dimensions: Int) -> [UInt8] {
      let ones = Array(repeating: 1, count: dimensions)
      return PickleBytes.pickle(PickleBytes.tensor(storage, shape: ones, strides: ones))
    }
    #expect(try read(tensor(8)).tensors.count == 1)
    #expect(throws: PyTorchFault.self) { try read(tensor(9)) }
  }

  @Test("a trainable parameter is its tensor")
  func parameter() throws {
    let storage = PickleBytes.storage("0", count: 4)
    let tensor = PickleBytes.tensor(storage, shape: [4], strides: [1])
    let bytes =
      PickleBytes.global("torch._utils", "_rebuild_parameter")
      + PickleBytes.tuple([tensor, [0x88], PickleBytes.orderedDictionary]) + Array("R".utf8)
    let pickle = try read(PickleBytes.pickle(bytes))
    #expect(pickle.root == .tensor(0))
    #expect(pickle.storages == [PickledStorage(key: "0", type: .float32, byteCount: 16)])
    #expect(
      pickle.tensors == [PickledTensor(storage: 0, offset: 0, shape: [4], strides: [1])])
  }

  @Test(
    "storages of every element type are known",
    arguments: [
      ("FloatStorage", ElementType.float32), ("HalfStorage", .float16),
      ("BFloat16Storage", .bfloat16), ("LongStorage", .int64), ("IntStorage", .int32),
      ("ShortStorage", .int16), ("CharStorage", .int8), ("ByteStorage", .uint8),
      ("BoolStorage", .bool),
    ])
  func storageTypes(name: String, type: ElementType) throws {
    let pickle = try read(PickleBytes.pickle(PickleBytes.storage("k", type: name, count: 3)))
    #expect(
      pickle.storages == [PickledStorage(key: "k", type: type, byteCount: 3 * type.byteCount)])
  }

  @Test(
    "any other name is refused",
    arguments: [
      ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "getattr"),
      ("torch", "DoubleStorage"), ("torch", "load"), ("torch._utils", "_rebuild_tensor"),
      ("collections", "Counter"), ("numpy.core.multiarray", "_reconstruct"), ("", ""),
    ])
  func globals(module: String, name: String) {
    #expect(problem(PickleBytes.global(module, name)) == .global("\(module).\(name)"))
  }

  @Test("instructions beyond those that state dicts use are refused")
  func opcodes() {
    let known = Set(
      Array("(NJKMGXUhjqr)]}taesucQRb.".utf8) + [0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A])
    for opcode in 0...UInt8.max where !known.contains(opcode) {
      #expect(problem([opcode]) == .opcode(opcode))
    }
    for opcode in known where opcode != UInt8(ascii: "(") && opcode != 0x80 {
      #expect(problem([opcode]) != .opcode(opcode))
    }
  }

  @Test("instructions that lack their operands are refused")
  func operands() {
    for (bytes, instruction) in [
      (".", "STOP"), ("(.", "STOP"), ("N(.", "STOP"), ("t", "TUPLE"), ("u", "SETITEMS"),
      ("e", "APPENDS"), ("(e", "APPENDS"), ("N(e", "APPENDS"), ("a", "APPEND"), ("Na", "APPEND"),
      ("NNa", "APPEND"), ("N(a", "APPEND"), ("s", "SETITEM"), ("}Ns", "SETITEM"),
      ("NNNs", "SETITEM"), ("}(Nu", "SETITEMS"), ("]NNs", "SETITEM"), ("R", "REDUCE"),
      ("NR", "REDUCE"), (")R", "REDUCE"), (")NR", "REDUCE"), ("))R", "REDUCE"), ("b", "BUILD"),
      ("}b", "BUILD"), ("]}b", "BUILD"), ("}]b", "BUILD"), ("q\u{0}", "PUT"), ("Q", "BINPERSID"),
      ("NQ", "BINPERSID"), (")Q", "BINPERSID"),
    ] {
      #expect(problem(bytes) == .operands(instruction), "\(bytes)")
    }
    #expect(problem([0x86]) == .operands("TUPLE"))
    #expect(problem(Array("N(N".utf8) + [0x86]) == .operands("TUPLE"))
  }

  @Test("calls with other arguments than torch's are refused")
  func calls() {
    let storage = PickleBytes.storage("0", count: 4)
    let size = PickleBytes.tuple([PickleBytes.integer(4)])
    let hooks = PickleBytes.orderedDictionary
    let zero = PickleBytes.integer(0)
    let rebuild = PickleBytes.global("torch._utils", "_rebuild_tensor_v2")
    for arguments in [
      [], [storage, zero, size, size, [0x89]], [storage, zero, size, size, [0x89], hooks, hooks],
      [zero, zero, size, size, [0x89], hooks], [storage, [0x88], size, size, [0x89], hooks],
      [storage, zero, zero, size, [0x89], hooks], [storage, zero, size, hooks, [0x89], hooks],
      [storage, zero, PickleBytes.tuple([[0x88]]), size, [0x89], hooks],
      [storage, zero, size, size, zero, hooks], [storage, zero, size, size, [0x89], zero],
    ] as [[[UInt8]]] {
      let call = rebuild + PickleBytes.tuple(arguments) + Array("R".utf8)
      #expect(problem(call) == .operands("_rebuild_tensor_v2"))
    }
    let parameter = PickleBytes.global("torch._utils", "_rebuild_parameter")
    #expect(
      problem(parameter + PickleBytes.tuple([zero, [0x88], hooks]) + Array("R".utf8))
        == .operands("_rebuild_parameter"))
    #expect(
      problem(PickleBytes.global("collections", "OrderedDict") + [0x4E, 0x85, 0x52])
        == .operands("OrderedDict"))
    #expect(
      problem(PickleBytes.global("torch", "FloatStorage") + Array(")R".utf8))
        == .operands("REDUCE"))
  }

  @Test("persistent ids of anything but a storage are refused")
  func persistentIDs() {
    let float = PickleBytes.global("torch", "FloatStorage")
    let text = PickleBytes.text
    let four = PickleBytes.integer(4)
    for parts in [
      [text("module"), float, text("0"), text("cpu"), four],
      [text("storage"), text("x"), text("0"), text("cpu"), four],
      [text("storage"), float, four, text("cpu"), four],
      [text("storage"), float, text("0"), four, four],
      [text("storage"), float, text("0"), text("cpu"), text("4")],
      [text("storage"), float, text("0"), text("cpu"), PickleBytes.integer(-1)],
      [text("storage"), float, text("0"), text("cpu"), PickleBytes.integer(.max)],
      [text("storage"), float, text("0"), text("cpu")],
      [text("storage"), float, text("0"), text("cpu"), four, four],
    ] {
      #expect(problem(PickleBytes.tuple(parts) + Array("Q".utf8)) == .operands("BINPERSID"))
    }
    #expect(problem(PickleBytes.storage("0", count: 4, tail: [[0x4E]]) + Array(".".utf8)) == nil)
  }

  @Test("numbers, text and the memo are checked")
  func values() {
    #expect(problem([0x8A, 9] + [UInt8](repeating: 0, count: 9)) == .integer)
    #expect(problem(Array("h\u{3}".utf8)) == .memo(3))
    #expect(problem(Array("U".utf8) + [1, 0xFF]) == .text)
    #expect(problem(Array("X".utf8) + [1, 0, 0, 0, 0xFF]) == .text)
    #expect(problem(Array("c".utf8) + [0xFF, 0x0A, 0x0A, 0x2E]) == .text)
    for cut in [
      "", "X\u{5}\0\0\0ab", "U\u{5}ab", "J\0", "M\0", "G\0\0", "j\0", "r\0", "c", "ctorch\n",
    ] {
      #expect(problem(cut) == .end, "\(cut)")
    }
    #expect(problem([0x8A, 4, 0]) == .end)
  }

  @Test("stack, marks, memo and values are limited")
  func limits() {
    let stack = Unpickler.Limit.stack
    #expect(
      problem(String(repeating: "N", count: stack + 1))
        == .tooMany("values on the stack", limit: stack))
    #expect(problem(String(repeating: "(", count: stack + 1)) == .tooMany("marks", limit: stack))
    let list = "](" + String(repeating: "N", count: stack - 10) + "e"
    #expect(
      problem(String(repeating: list, count: Unpickler.Limit.values / stack + 1))
        == .tooMany("values", limit: Unpickler.Limit.values))
    let stored = (0...UInt32(Unpickler.Limit.memo)).flatMap {
      [UInt8(ascii: "r")] + littleEndian($0)
    }
    #expect(
      problem([UInt8(ascii: "N")] + stored)
        == .tooMany("memo entries", limit: Unpickler.Limit.memo))
  }
}
