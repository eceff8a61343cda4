internal import CKernels

/// The weights of a linear layer, `[rows = outputs, columns = inputs]`, as they are stored.
///
/// Immutable; keeps the owner of its memory alive.
package struct WeightMatrix: @unchecked Sendable {
  // Sendable: the memory is never written while the matrix lives.

  /// What the weights are made of.
  package enum Storage {
    /// Row-major numbers of type float32, float16 or bfloat16, aligned to their own size.
    case float(pointer: UnsafeRawPointer, type: ElementType)
    /// Codes of 4 or 8 bits.
    case quantized(QuantizedMatrix)
  }

  /// The number of outputs.
  package let rows: Int

  /// The number of inputs.
  package let columns: Int

  /// The weights themselves.
  package let storage: Storage

  /// Whether they are codes.
  var isQuantized: Bool {
    if case .quantized = storage { true } else { false }
  }

  private let owner: AnyObject?

  /// Weights in memory that `owner` keeps alive.
  ///
  /// - Parameters:
  ///   - rowMajor: `[rows, columns]`, without gaps.
  ///   - type: float32, float16 or bfloat16.
  ///   - rows: the number of outputs.
  ///   - columns: the number of inputs.
  ///   - owner: what keeps the memory in place; nil when it outlives every user.
  package init(
    rowMajor: UnsafeRawPointer, type: ElementType, rows: Int, columns: Int, owner: AnyObject?
  ) {
    precondition(rows >= 0 && columns >= 0, "weights cannot be \(rows) × \(columns)")
    precondition(type.floatType != nil, "weights cannot be \(type)")
    precondition(
      UInt(bitPattern: rowMajor) % UInt(type.byteCount) == 0,
      "weights of \(type) at \(rowMajor) are not aligned")
    self.rows = rows
    self.columns = columns
    storage = .float(pointer: rowMajor, type: type)
    self.owner = owner
  }

  /// Quantised weights.
  package init(_ quantized: QuantizedMatrix) {
    rows = quantized.layout.rows
    columns = quantized.layout.columns
    storage = .quantized(quantized)
    owner = nil
  }

  /// Copies the weights of one output, for instance the embedding of a token, as float32.
  ///
  /// - Precondition: the weights are not quantised, `row` is in `0..<rows`, and `output` has `columns`
  ///   elements.
  package func copyRow(_ row: Int, into output: inout MutableSpan<Float>) {
    precondition((0..<rows).contains(row), "row \(row) of \(rows)")
    precondition(output.count == columns, "\(output.count) elements for \(columns) columns")
    guard case .float(let pointer, let type) = storage, let floatType = type.floatType else {
      preconditionFailure("quantised weights have no rows to copy")
    }
    output.withUnsafeMutableBufferPointer { output in
      guard let target = output.baseAddress else { return }
      let source = pointer + row * columns * type.byteCount
      InstructionSet.best.kernels.pointee.widen(source, floatType, target, columns)
    }
  }
}

extension ElementType {
  /// The name by which C knows a type of real numbers; nil for the others.
  var floatType: CKFloatType? {
    switch self {
    case .float32: CKFloatType32
    case .float16: CKFloatType16
    case .bfloat16: CKFloatTypeBrain16
    case .int64, .int32, .int16, .int8, .uint8, .bool: nil
    }
  }
}
