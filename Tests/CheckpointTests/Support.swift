@testable import Checkpoint

/// The bytes of a safetensors file with the given header and data section.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
  littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
}

func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension TensorView {
  /// The elements' bytes, row-major.
  var elementBytes: [UInt8] {
    let source = contiguous()
    return withExtendedLifetime(source) {
      Array(UnsafeRawBufferPointer(start: source.pointer, count: source.byteCount))
    }
  }
}

extension StoredTensor {
  /// The elements' bytes, row-major.
  func elementBytes() throws -> [UInt8] { try view().elementBytes }

  /// The elements.
  func floats() throws(CheckpointError) -> [Float] { try view().floats() }
}

/// The error that `body` throws, or nil.
func checkpointError<Result>(
  _ body: () throws(CheckpointError) -> Result
) -> CheckpointError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
