package import Kernels

/// A tensor where it lies in a checkpoint's file.
///
/// The view keeps the file mapped. Nothing is read before somebody reads it.
package struct TensorView: @unchecked Sendable {
  // Sendable: the memory is read-only, and `owner` keeps it.

  /// The name in the checkpoint.
  package let name: String
  /// The name of the file that holds it, for messages.
  package let file: String
  package let type: ElementType
  /// The extent of each dimension; empty for a scalar.
  package let shape: [Int]
  /// The distance, in elements, between neighbours along each dimension.
  package let strides: [Int]
  /// The first element.
  ///
  /// Aligned to the element only where `isContiguous` says so.
  package let pointer: UnsafeRawPointer
  /// What `pointer` points into.
  package let owner: any AnyObject & Sendable

  /// The number of elements.
  package var count: Int { shape.reduce(1, *) }

  /// The size of all elements.
  package var byteCount: Int { count * type.byteCount }

  /// Whether the elements lie one after another, last index fastest, each at a multiple of its
  /// size.
  package var isContiguous: Bool {
    isAligned && (count <= 1 || strides == Self.rowMajorStrides(of: shape, ignoringOnes: strides))
  }

  private var isAligned: Bool { UInt(bitPattern: pointer) % UInt(type.byteCount) == 0 }

  /// The strides of a row-major tensor; where the extent is 1, any stride serves and is kept.
  private static func rowMajorStrides(of shape: [Int], ignoringOnes strides: [Int]) -> [Int] {
    var step = 1
    var result = strides
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      result[axis] = step
      step *= max(shape[axis], 1)
    }
    return result
  }

  /// The size of a tensor, or nil where an extent is negative or the size does not fit `Int`.
  ///
  /// A tensor without elements has no bytes, however large its other extents; their product must
  /// fit all the same, because strides are made from it.
  static func byteCount(of shape: [Int], _ type: ElementType) -> Int? {
    var product = type.byteCount
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, extent > 0 else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }

  /// The strides of a row-major tensor.
  ///
  /// - Precondition: the product of `shape` does not overflow.
  static func rowMajorStrides(of shape: [Int]) -> [Int] {
    rowMajorStrides(of: shape, ignoringOnes: [Int](repeating: 1, count: shape.count))
  }
}

extension TensorView: CustomStringConvertible {
  package var description: String { "\(name) \(type) \(shape)" }
}
