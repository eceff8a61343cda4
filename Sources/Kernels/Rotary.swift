internal import CKernels

/// Where the heads of a fused query, key and value row begin.
package struct HeadLayout: Sendable {
  /// The width of every head.
  package let headWidth: Int

  /// The first column of each query head.
  package let queryColumns: [Int]

  /// The first column of each key head.
  package let keyColumns: [Int]

  /// The first column of each value head.
  package let valueColumns: [Int]

  /// A layout of `keyColumns.count` key and value heads, each for as many query heads.
  ///
  /// - Precondition: there is a value head for each key head, and the query heads are a multiple.
  package init(headWidth: Int, queryColumns: [Int], keyColumns: [Int], valueColumns: [Int]) {
    precondition(
      !keyColumns.isEmpty && valueColumns.count == keyColumns.count
        && queryColumns.count % keyColumns.count == 0,
      """
      \(queryColumns.count) query, \(keyColumns.count) key and \(valueColumns.count) value heads \
      do not make groups
      """)
    precondition(headWidth > 0, "a head cannot be \(headWidth) wide")
    self.headWidth = headWidth
    self.queryColumns = queryColumns
    self.keyColumns = keyColumns
    self.valueColumns = valueColumns
  }
}

extension Compute {
  /// Splits fused rows into heads, rotates queries and keys, and appends keys and values to `cache`.
  ///
  /// The rotation is that of Su et al., "RoFormer" (2021), with a head's components paired in halves.
  ///
  /// - Parameters:
  ///   - fused: `[rows, …]`, with heads where `heads` says.
  ///   - rows: the rows of one sequence, in the order of their positions.
  ///   - heads: where the heads are.
  ///   - cosines: `[rows.count, headWidth / 2]`, of the positions' angles.
  ///   - sines: likewise.
  ///   - queries: `[rows, queryHeads · headWidth]`; the same rows are written.
  ///   - cache: gets `rows.count` more positions.
  package func rotateAndStore(
    _ fused: borrowing Activations, rows: Range<Int>, heads: HeadLayout, cosines: [Float],
    sines: [Float], queries: inout Activations, cache: KeyValueCache
  ) {
    let width = heads.headWidth
    let allColumns = heads.queryColumns + heads.keyColumns + heads.valueColumns
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= min(fused.rows, queries.rows),
      "rows \(rows) of \(fused.rows) and \(queries.rows)")
    precondition(
      allColumns.allSatisfy { $0 >= 0 && $0 <= fused.columns - width },
      "heads of \(width) at \(allColumns) of \(fused.columns) columns")
    precondition(
      queries.columns == heads.queryColumns.count * width,
      "\(heads.queryColumns.count) heads of \(width) in \(queries.columns) columns")
    precondition(
      width % 2 == 0 && cosines.count == rows.count * width / 2 && sines.count == cosines.count,
      "\(cosines.count) cosines and \(sines.count) sines for \(rows.count) rows of \(width)")
    precondition(
      cache.kvHeads == heads.keyColumns.count && cache.headWidth == width,
      "\(heads.keyColumns.count) heads of \(width) into \(cache.kvHeads) of \(cache.headWidth)")
    let position = cache.extend(by: rows.count)
    let store = HeadStore(
      fused: UnsafePointer(fused.pointer) + rows.lowerBound * fused.columns,
      fusedStride: fused.columns, heads: heads,
      queries: queries.pointer + rows.lowerBound * queries.columns, queryStride: queries.columns,
      cache: cache, position: position, set: instructionSet.forC)
    forEachRowRange(of: rows.count, columns: fused.columns) { rows in
      cosines.withUnsafeBufferPointer { cosines in
        sines.withUnsafeBufferPointer { sines in
          store.run(rows, cosines: cosines.baseAddress, sines: sines.baseAddress)
        }
      }
    }
  }
}

/// Checked work of `rotateAndStore`; its rows count from the first new one.
private struct HeadStore: @unchecked Sendable {
  // Sendable: lanes write disjoint rows and positions, and only read the rest.
  let fused: UnsafePointer<Float>
  let fusedStride: Int
  let heads: HeadLayout
  let queries: UnsafeMutablePointer<Float>
  let queryStride: Int
  let cache: KeyValueCache
  let position: Int
  let set: CKInstructionSet

  func run(_ rows: Range<Int>, cosines: UnsafePointer<Float>?, sines: UnsafePointer<Float>?) {
    guard let cosines, let sines else { return }
    let width = heads.headWidth
    let angles = rows.lowerBound * (width / 2)
    let source = fused + rows.lowerBound * fusedStride
    let target = queries + rows.lowerBound * queryStride
    for (head, column) in heads.queryColumns.enumerated() {
      ck_rotate(
        source + column, fusedStride, rows.count, width, cosines + angles, sines + angles,
        target + head * width, queryStride, set)
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * width) { rotated in
      guard let keys = rotated.baseAddress else { return }
      for (head, column) in heads.keyColumns.enumerated() {
        ck_rotate(
          source + column, fusedStride, rows.count, width, cosines + angles, sines + angles, keys,
          width, set)
        ck_store_keys(
          keys, rows.count, width, cache.keys(head: head), cache.keyScales(head: head),
          position + rows.lowerBound, set)
      }
    }
    for (head, column) in heads.valueColumns.enumerated() {
      ck_store_values(
        source + column, fusedStride, rows.count, width, cache.values(head: head),
        cache.valueScales(head: head), position + rows.lowerBound, set)
    }
  }
}
