/// Packed weights of 4 or 8 bits over plain bytes, which may lie in a memory-mapped file.
///
/// `weight[o, i] = (code[o, i] − zero[o, i / 128]) · scale[o, i / 128]`. Immutable; keeps the owner
/// of its bytes alive. Any bytes are safe to multiply with: what they hold changes only the numbers.
package struct QuantizedMatrix: @unchecked Sendable {
  // Sendable: the bytes are never written after they were packed, and the owner is only kept alive.

  /// Its size and shape.
  package let layout: QuantizedLayout

  /// The first block of the first panel.
  let bytes: UnsafeRawPointer

  private let owner: AnyObject?

  /// A matrix over packed bytes.
  ///
  /// - Parameters:
  ///   - bytes: `layout.byteCount` bytes, as a packer wrote them.
  ///   - layout: the matrix's size and shape.
  ///   - owner: what keeps the bytes in place; nil when they outlive every user.
  /// - Precondition: `bytes` is 64-byte aligned.
  package init(bytes: UnsafeRawPointer, layout: QuantizedLayout, owner: AnyObject?) {
    precondition(
      UInt(bitPattern: bytes) % 64 == 0, "packed weights at \(bytes) are not 64-byte aligned")
    self.bytes = bytes
    self.layout = layout
    self.owner = owner
  }

  /// The number of outputs.
  package var rows: Int { layout.rows }

  /// The number of inputs.
  package var columns: Int { layout.columns }

  /// The block of one panel and group.
  func block(panel: Int, group: Int) -> UnsafeRawPointer {
    bytes + panel * layout.panelByteCount + group * layout.blockByteCount
  }
}
