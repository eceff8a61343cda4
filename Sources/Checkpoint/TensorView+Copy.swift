package import Kernels

extension TensorView {
  /// A row-major tensor in memory of its own, which `fill` writes.
  ///
  /// - Precondition: the product of `shape` does not overflow.
  package init(
    name: String, file: String, type: ElementType, shape: [Int],
    filling fill: (UnsafeMutableRawPointer) -> Void
  ) {
    let buffer = TensorBuffer(byteCount: shape.reduce(type.byteCount, *))
    fill(buffer.base)
    self.init(
      name: name, file: file, type: type, shape: shape, strides: Self.rowMajorStrides(of: shape),
      pointer: UnsafeRawPointer(buffer.base), owner: buffer)
  }

  /// The tensor row-major and aligned: itself where it already is, otherwise a copy in memory.
  package func contiguous() -> TensorView {
    guard !isContiguous else { return self }
    let buffer = TensorBuffer(byteCount: byteCount)
    switch type.byteCount {
    case 1: copyElements(of: UInt8.self, to: buffer.base)
    case 2: copyElements(of: UInt16.self, to: buffer.base)
    case 4: copyElements(of: UInt32.self, to: buffer.base)
    default: copyElements(of: UInt64.self, to: buffer.base)
    }
    return TensorView(
      name: name, file: file, type: type, shape: shape,
      strides: Self.rowMajorStrides(of: shape), pointer: UnsafeRawPointer(buffer.base),
      owner: buffer)
  }

  /// The values as float32, row-major; meant for small tensors such as norms and biases.
  ///
  /// - Throws: `CheckpointError.wrongType` where the elements are not floating-point numbers.
  package func floats() throws(CheckpointError) -> [Float] {
    let source = contiguous()
    switch type {
    case .float32:
      return source.values(of: Float.self) { $0 }
    case .float16:
      return source.values(of: UInt16.self) { Float(halfBits: $0) }
    case .bfloat16:
      return source.values(of: UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int64, .int32, .int16, .int8, .uint8, .bool:
      throw .wrongType(
        file: file, tensor: name, expected: "floating-point numbers", found: "\(type)")
    }
  }

  /// The elements of a contiguous tensor, each converted.
  private func values<Element: BitwiseCopyable>(
    of: Element.Type, _ convert: (Element) -> Float
  ) -> [Float] {
    withExtendedLifetime(owner) {
      let elements = UnsafeBufferPointer(
        start: pointer.assumingMemoryBound(to: Element.self), count: count)
      return elements.map(convert)
    }
  }

  /// Copies the elements in row-major order, whatever their strides and alignment.
  private func copyElements<Element: BitwiseCopyable>(
    of: Element.Type, to destination: UnsafeMutableRawPointer
  ) {
    let width = MemoryLayout<Element>.size
    let columns = shape.last ?? 1
    let columnStep = (strides.last ?? 1) * width
    guard count > 0 else { return }
    var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
    var output = destination
    withExtendedLifetime(owner) {
      for _ in 0..<count / columns {
        var input = pointer + zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 } * width
        for column in 0..<columns {
          output.storeBytes(of: input.loadUnaligned(as: Element.self), as: Element.self)
          output += width
          // Past the last column there may be no memory to point at.
          if column + 1 < columns { input += columnStep }
        }
        advance(&index)
      }
    }
  }

  /// Counts the leading indices up by one row.
  private func advance(_ index: inout [Int]) {
    for axis in index.indices.reversed() {
      index[axis] += 1
      if index[axis] < shape[axis] { return }
      index[axis] = 0
    }
  }
}

/// Memory for one tensor, freed with its last view.
final class TensorBuffer: @unchecked Sendable {
  // Sendable: written once, before the first view is handed out.
  let base: UnsafeMutableRawPointer

  /// - Parameter byteCount: zero is allowed. The memory starts at a multiple of 64.
  init(byteCount: Int) {
    base = .allocate(byteCount: max(byteCount, 1), alignment: 64)
  }

  deinit { base.deallocate() }
}

extension Float {
  /// The value of an IEEE 754 half-precision number, exactly.
  ///
  /// Exponent and fraction move to their float32 places; a product with 2¹¹² corrects the bias
  /// and makes subnormal halves normal.
  init(halfBits bits: UInt16) {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let sign = UInt32(bits & 0x8000) << 16
    let value =
      bits & 0x7C00 == 0x7C00
      ? Float(bitPattern: magnitude | 0x7F80_0000)
      : Float(bitPattern: magnitude) * 0x1p112
    self = Float(bitPattern: value.bitPattern | sign)
  }
}
