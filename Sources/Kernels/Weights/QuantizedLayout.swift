internal import CKernels

/// The size and shape of a matrix of packed weight codes.
///
/// Rows are outputs and come in panels of 16; columns are inputs and come in groups of 128 that
/// share a scale and a zero point. A panel's groups follow one another as blocks whose sizes are
/// multiples of 64 bytes; `quantized.h` of `CKernels` describes what is inside a block.
package struct QuantizedLayout: Sendable, Equatable {
  /// How many outputs a panel has.
  package static let panelRows = Int(CK_PANEL_OUTPUTS)

  /// How many inputs a group has.
  package static let groupColumns = Int(CK_GROUP_INPUTS)

  /// The number of outputs.
  package let rows: Int

  /// The number of inputs.
  package let columns: Int

  /// The size of a code: 4 or 8.
  package let bits: Int

  /// A layout for a matrix of a checked size.
  ///
  /// - Precondition: `bits` is 4 or 8; `rows` and `columns` are `0...Int32.max`.
  package init(rows: Int, columns: Int, bits: Int) {
    precondition(bits == 4 || bits == 8, "codes of \(bits) bits; there are 4 and 8")
    precondition(
      0...Int(Int32.max) ~= rows && 0...Int(Int32.max) ~= columns,
      "a quantised matrix cannot be \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    self.bits = bits
  }

  /// How many panels of 16 outputs there are; the last one may be padded.
  package var panels: Int { (rows + Self.panelRows - 1) / Self.panelRows }

  /// How many groups of 128 inputs there are; the last one may be padded.
  package var groups: Int { (columns + Self.groupColumns - 1) / Self.groupColumns }

  /// The size of one panel's share of one group: codes, scales and zero points.
  package var blockByteCount: Int { Int(bits == 4 ? CK_BLOCK_BYTES_4 : CK_BLOCK_BYTES_8) }

  /// The size of one panel: its blocks, group after group.
  package var panelByteCount: Int { groups * blockByteCount }

  /// The size of the whole matrix.
  package var byteCount: Int { panels * panelByteCount }
}
