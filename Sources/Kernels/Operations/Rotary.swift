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
  /// Splits fused rows into heads, rotates queries and keys, and appends keys and values to caches.
  ///
  /// The rotation is that of Su et al., "RoFormer" (2021), with a head's components paired in halves.
  ///
  /// - Parameters:
  ///   - fused: `[rows, …]`, with heads where `heads` says.
  ///   - heads: where the heads are.
  ///   - cosines: `[rows, headWidth / 2]`, of the positions' angles.
  ///   - sines: likewise.
  ///   - queries: `[rows, queryHeads · headWidth]`; its row count is set.
  ///   - slices: which rows go to which cache, each of which gets as many more positions.
  package func rotateAndStore(
    _ fused: borrowing Activations, heads: HeadLayout, cosines: [Float], sines: [Float],
    queries: inout Activations, slices: [CachedRows]
  ) {
    let width = heads.headWidth
    let allColumns = heads.queryColumns + heads.keyColumns + heads.valueColumns
    precondition(
      allColumns.allSatisfy { $0 >= 0 && $0 <= fused.columns - width },
      "heads of \(width) at \(allColumns) of \(fused.columns) columns")
    precondition(
      queries.columns == heads.queryColumns.count * width,
      "\(heads.queryColumns.count) heads of \(width) in \(queries.columns) columns")
    precondition(
      width % 2 == 0 && cosines.count == fused.rows * width / 2 && sines.count == cosines.count,
      "\(cosines.count) cosines and \(sines.count) sines for \(fused.rows) rows of \(width)")
    queries.rows = fused.rows
    for slice in slices {
      let (rows, cache) = (slice.rows, slice.cache)
      precondition(
        rows.lowerBound >= 0 && rows.upperBound <= fused.rows, "rows \(rows) of \(fused.rows)")
      precondition(
        cache.kvHeads == heads.keyColumns.count && cache.headWidth == width,
        "\(heads.keyColumns.count) heads of \(width) into \(cache.kvHeads) of \(cache.headWidth)")
      cache.extend(by: rows.count)
    }
    let work = HeadWork(
      fused: UnsafePointer(fused.pointer), fusedStride: fused.columns, heads: heads,
      queries: queries.pointer, queryStride: queries.columns, slices: slices,
      kernels: kernels)
    forEachRowRange(of: fused.rows, columns: fused.columns) { rows in
      cosines.withUnsafeBufferPointer { cosines in
        sines.withUnsafeBufferPointer { sines in
          guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
          work.run(rows, cosines: cosines, sines: sines)
        }
      }
    }
  }
}

/// Checked work of `rotateAndStore`, whose caches have room for the new positions, and count them.
private struct HeadWork: @unchecked Sendable {
  // Sendable: lanes write disjoint rows and positions, and only read the rest.
  let fused: UnsafePointer<Float>
  let fusedStride: Int
  let heads: HeadLayout
  let queries: UnsafeMutablePointer<Float>
  let queryStride: Int
  let slices: [CachedRows]
  let kernels: UnsafePointer<CKKernels>

  func run(_ rows: Range<Int>, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>) {
    let width = heads.headWidth
    let half = width / 2
    func rotate(
      _ rows: Range<Int>, _ column: Int, into target: UnsafeMutablePointer<Float>, stride: Int
    ) {
      let (first, angles) = (rows.lowerBound, rows.lowerBound * half)
      kernels.pointee.rotate(
        fused + first * fusedStride + column, fusedStride, rows.count, width, cosines + angles,
        sines + angles, target, stride)
    }
    for (head, column) in heads.queryColumns.enumerated() {
      rotate(
        rows, column, into: queries + rows.lowerBound * queryStride + head * width,
        stride: queryStride)
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * width) { rotated in
      guard let keys = rotated.baseAddress else { return }
      for slice in slices {
        let own = rows.clamped(to: slice.rows)
        if own.isEmpty { continue }
        let cache = slice.cache
        let position = cache.count - (slice.rows.upperBound - own.lowerBound)
        for (head, column) in heads.keyColumns.enumerated() {
          rotate(own, column, into: keys, stride: width)
          kernels.pointee.store_keys(
            keys, own.count, width, cache.keys(head: head), cache.keyScales(head: head), position)
        }
        for (head, column) in heads.valueColumns.enumerated() {
          kernels.pointee.store_values(
            fused + own.lowerBound * fusedStride + column, fusedStride, own.count, width,
            cache.values(head: head), cache.valueScales(head: head), position)
        }
      }
    }
  }
}
