import Foundation
import Kernels
import Testing

@testable import Checkpoint

@Suite("Tensor views")
struct TensorViewTests {
  private func view(
    _ type: ElementType, _ bytes: [UInt8], shape: [Int], strides: [Int]
  ) -> TensorView {
    let buffer = TensorBuffer(byteCount: bytes.count)
    buffer.base.copyMemory(from: bytes, byteCount: bytes.count)
    return TensorView(
      name: "a", file: "f", type: type, shape: shape, strides: strides,
      pointer: UnsafeRawPointer(buffer.base), owner: buffer)
  }

  @Test("half-precision numbers become exactly the same float32", arguments: [false, true])
  func halves(isNegative: Bool) throws {
    let sign: UInt16 = isNegative ? 0x8000 : 0
    let wrong = (UInt16(0)..<0x7C00).filter { bits in
      // The definition: fraction · 2^(exponent − 25), with a hidden bit unless subnormal.
      let exponent = Int(bits >> 10)
      let fraction = Float(bits & 0x3FF) + (exponent == 0 ? 0 : 1024)
      let value = Float(sign: .plus, exponent: max(exponent, 1) - 25, significand: fraction)
      return Float(halfBits: bits | sign) != (isNegative ? -value : value)
    }
    #expect(wrong.isEmpty)
    #expect(Float(halfBits: 0x7C00 | sign) == (isNegative ? -.infinity : .infinity))
    #expect(Float(halfBits: 0x7C01 | sign).isNaN)
    #expect(Float(halfBits: sign).sign == (isNegative ? .minus : .plus))
  }

  @Test("floats of every type are read; integers are refused")
  func floats() throws {
    let bfloat = [UInt16(0x3FC0), 0xC000].flatMap(littleEndian)
    #expect(try view(.bfloat16, bfloat, shape: [2], strides: [1]).floats() == [1.5, -2])
    let half = [UInt16(0x3E00), 0xC000].flatMap(littleEndian)
    #expect(try view(.float16, half, shape: [2], strides: [1]).floats() == [1.5, -2])
    for type in [ElementType.int64, .int32, .int16, .int8, .uint8, .bool] {
      let bytes = [UInt8](repeating: 0, count: type.byteCount)
      #expect(
        checkpointError { () throws(CheckpointError) in
          try view(type, bytes, shape: [1], strides: [1]).floats()
        }
          == .wrongType(
            file: "f", tensor: "a", expected: "floating-point numbers", found: "\(type)"))
    }
  }

  @Test("a strided tensor of any element width is copied in row-major order")
  func strided() {
    for type in [ElementType.uint8, .int16, .int32, .int64] {
      let bytes = (0..<24).flatMap {
        [UInt8($0)] + [UInt8](repeating: 0, count: type.byteCount - 1)
      }
      // Three dimensions, turned around: element [i, j, k] lies at i + 2·j + 6·k.
      let tensor = view(type, bytes, shape: [2, 3, 4], strides: [1, 2, 6])
      #expect(!tensor.isContiguous)
      let copy = tensor.contiguous()
      #expect(copy.isContiguous && copy.strides == [12, 4, 1])
      let expected = (0..<2).flatMap { i in
        (0..<3).flatMap { j in (0..<4).map { i + 2 * j + 6 * $0 } }
      }
      #expect(
        stride(from: 0, to: copy.byteCount, by: type.byteCount).map { Int(copy.elementBytes[$0]) }
          == expected)
    }
  }

  @Test("strides do not matter along extents of one")
  func extentsOfOne() {
    let bytes = [UInt8](0..<4)
    #expect(view(.uint8, bytes, shape: [1, 4, 1], strides: [77, 1, 99]).isContiguous)
    #expect(view(.uint8, bytes, shape: [], strides: []).isContiguous)
    #expect(view(.uint8, bytes, shape: [2, 0], strides: [5, 5]).isContiguous)
    #expect(!view(.uint8, bytes, shape: [2, 2], strides: [1, 2]).isContiguous)
  }
}
