internal import CKernels

/// A matrix of four-bit codes by rows, as the `pack-quantized` format of compressed-tensors stores it.
///
/// `weight[o, i] = (q − z) · s`; any bit pattern is valid input.
package struct WordMatrix {
  /// Little-endian words `[rows, columns / 8]` of eight codes, the first in the lowest bits.
  let words: UnsafeRawPointer
  /// Words `[⌈rows / 8⌉, columns / groupColumns]` of eight rows' zero points; nil: all are 8.
  let zeros: UnsafeRawPointer?
  let rows, columns: Int
  /// Columns that share a scale and a zero point.
  let groupColumns: Int

  /// - Precondition: `columns` is a multiple of 8 and of `groupColumns`.
  package init(
    words: UnsafeRawPointer, zeros: UnsafeRawPointer?, rows: Int, columns: Int, groupColumns: Int
  ) {
    precondition(
      columns.isMultiple(of: 8) && groupColumns > 0 && columns.isMultiple(of: groupColumns),
      "\(columns) columns in groups of \(groupColumns)")
    (self.words, self.zeros) = (words, zeros)
    (self.rows, self.columns, self.groupColumns) = (rows, columns, groupColumns)
  }

  fileprivate var forC: CKWordMatrix {
    CKWordMatrix(
      words: words, zeros: zeros, outputs: rows, inputs: columns, group_inputs: groupColumns)
  }
}

extension Compute {
  /// Packs codes as they are, on all lanes.
  ///
  /// - Parameters:
  ///   - words: groups of a multiple of 128 columns.
  ///   - scales: float16 `[rows, groups]`.
  ///   - layout: 4 bits; the matrix's rows and columns.
  ///   - output: `layout.byteCount` bytes, 64-byte aligned.
  package func pack(
    words: WordMatrix, scales: UnsafeRawPointer, layout: QuantizedLayout,
    into output: UnsafeMutableRawPointer
  ) {
    precondition(
      layout.bits == 4 && layout.rows == words.rows && layout.columns == words.columns
        && words.groupColumns.isMultiple(of: QuantizedLayout.groupColumns),
      "\(words.rows) × \(words.columns) codes in groups of \(words.groupColumns) for \(layout)")
    checkAlignment(output)
    nonisolated(unsafe) let matrix = words.forC
    nonisolated(unsafe) let scales = scales
    nonisolated(unsafe) let output = output
    forEachPart(of: layout.panels) { panels, _ in
      ck_pack_words(matrix, scales, panels.lowerBound, panels.upperBound, output)
    }
  }

  /// Writes the weights `[rows, columns]` that codes stand for, on all lanes.
  ///
  /// `scales` are `[rows, groups]`.
  package func unpack(
    words: WordMatrix, scales: [Float], into output: UnsafeMutablePointer<Float>
  ) {
    precondition(
      scales.count == words.rows * (words.columns / words.groupColumns),
      "\(scales.count) scales for \(words.rows) × \(words.columns) codes")
    nonisolated(unsafe) let matrix = words.forC
    nonisolated(unsafe) let output = output
    forEachPart(of: words.rows, grain: 16) { rows, _ in
      scales.withUnsafeBufferPointer {
        ck_unpack_words(matrix, $0.baseAddress, rows.lowerBound, rows.upperBound, output)
      }
    }
  }
}
