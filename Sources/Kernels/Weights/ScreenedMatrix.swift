internal import CKernels

/// The size and shape of an output layer whose codes of 8 bits are split in two halves.
package struct ScreenedLayout: Sendable, Equatable {
  /// The high halves, an ordinary matrix of 4 bits.
  let high: QuantizedLayout

  /// A layout for a matrix of a checked size.
  ///
  /// - Precondition: `rows` and `columns` are `0...Int32.max`.
  package init(rows: Int, columns: Int) {
    high = QuantizedLayout(rows: rows, columns: columns, bits: 4)
  }

  /// The number of outputs.
  package var rows: Int { high.rows }

  /// The number of inputs.
  package var columns: Int { high.columns }

  /// Low halves: 64 bytes a row and group.
  private var lowByteCount: Int { rows * high.groups * QuantizedLayout.groupColumns / 2 }

  private var scaleByteCount: Int { rows * MemoryLayout<Float>.stride }

  /// The size of everything.
  package var byteCount: Int { high.byteCount + lowByteCount + scaleByteCount }

  /// Bytes that finding the largest logit reads, but for a few rows of low halves.
  package var screenedByteCount: Int { high.byteCount + scaleByteCount }

  /// The parts of a matrix at `bytes`, as C takes them.
  func parts(_ bytes: UnsafeMutableRawPointer) -> CKScreenedWeights {
    let low = bytes + high.byteCount
    return CKScreenedWeights(
      high: bytes, low: low.assumingMemoryBound(to: UInt8.self),
      scales: (low + lowByteCount).assumingMemoryBound(to: Float.self))
  }
}

/// An output layer of which the largest logit is found by reading half.
///
/// Weights are codes of 8 bits with a scale per output and group of 128 inputs. A product with their
/// high halves estimates every logit; only outputs whose estimate is near the largest have their low
/// halves read. `screened.h` of `CKernels` has the format and the bound. Any bytes are safe to
/// multiply with.
package struct ScreenedMatrix: @unchecked Sendable {
  // Sendable: the bytes are never written after they were packed, and the owner is only kept alive.

  /// Its size and shape.
  package let layout: ScreenedLayout

  /// The high halves, with zero points that fit `Screening` only.
  let high: QuantizedMatrix

  private let bytes: UnsafeRawPointer
  private let owner: AnyObject?

  /// A matrix over packed bytes.
  ///
  /// - Parameters:
  ///   - bytes: `layout.byteCount` bytes, as the packer wrote them.
  ///   - layout: the matrix's size and shape.
  ///   - owner: what keeps the bytes in place; nil when they outlive every user.
  /// - Precondition: `bytes` is 64-byte aligned.
  package init(bytes: UnsafeRawPointer, layout: ScreenedLayout, owner: AnyObject?) {
    self.bytes = bytes
    self.layout = layout
    self.owner = owner
    high = QuantizedMatrix(bytes: bytes, layout: layout.high, owner: owner)
  }

  /// The parts, as C takes them: to read.
  var forC: CKScreenedWeights { layout.parts(UnsafeMutableRawPointer(mutating: bytes)) }
}
