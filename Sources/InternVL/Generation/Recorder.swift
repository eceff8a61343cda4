package import Checkpoint
package import Foundation
import Kernels

/// Collects intermediate tensors under the names of the reference implementation.
///
/// Tiles and prompt chunks arrive one after another; a tensor grows along its first axis.
package final class Recorder {
  struct Tensor {
    var shape: [Int]
    var type: ElementType
    var bytes: [UInt8]
  }

  private(set) var tensors: [String: Tensor] = [:]

  package init() {}

  /// Appends one tile's rows: the tensor is `[tiles, rows, columns]`.
  func appendTile(_ name: String, _ values: borrowing Activations) {
    append(
      name, shape: [1, values.rows, values.columns],
      UnsafeRawBufferPointer(start: values.pointer, count: 4 * values.rows * values.columns))
  }

  /// Appends rows: the tensor is `[rows, columns]`.
  func appendRows(_ name: String, _ values: borrowing Activations, rows: Range<Int>) {
    append(
      name, shape: [rows.count, values.columns],
      UnsafeRawBufferPointer(
        start: values.pointer + rows.lowerBound * values.columns,
        count: 4 * rows.count * values.columns))
  }

  func append(_ name: String, shape: [Int], values: [Float]) {
    values.withUnsafeBytes { append(name, shape: shape, $0) }
  }

  func append(_ name: String, shape: [Int], bytes: [UInt8]) {
    bytes.withUnsafeBytes { append(name, shape: shape, type: .uint8, $0) }
  }

  func append(_ name: String, tokens: [Int32]) {
    let wide = tokens.map(Int64.init)
    wide.withUnsafeBytes { append(name, shape: [tokens.count], type: .int64, $0) }
  }

  private func append(
    _ name: String, shape: [Int], type: ElementType = .float32, _ bytes: UnsafeRawBufferPointer
  ) {
    var tensor = tensors[name] ?? Tensor(shape: [0] + shape.dropFirst(), type: type, bytes: [])
    tensor.shape[0] += shape[0]
    tensor.bytes.append(contentsOf: bytes)
    tensors[name] = tensor
  }

  /// Writes everything collected as a safetensors file.
  package func write(to file: URL) throws(CheckpointError) {
    let names = tensors.keys.sorted()
    let writer = try SafetensorsWriter(
      file,
      tensors: names.compactMap { name in
        tensors[name].map { .init(name: name, type: $0.type, shape: $0.shape) }
      })
    for name in names {
      tensors[name]?.bytes.withUnsafeBytes { bytes in
        writer.memory(of: name).copyMemory(from: bytes)
      }
    }
    try writer.finish()
  }
}

extension Recorder {
  /// A recorded float tensor's values, row-major; nil where nothing was recorded.
  func floats(_ name: String) -> [Float]? {
    guard let tensor = tensors[name], tensor.type == .float32 else { return nil }
    return tensor.bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }
}
