internal import CKernels

extension Compute {
  /// Causal, grouped-query attention of the newest rows of a sequence over its cache.
  ///
  /// The last row's position is the cache's newest; each row sees the positions up to its own.
  /// `output = Σ softmax(query · keys / √headWidth) · values` per head, in float32.
  ///
  /// - Parameters:
  ///   - queries: `[rows, queryHeads · headWidth]`, rotated.
  ///   - rows: those of one sequence, in order.
  ///   - cache: the sequence's keys and values, these rows' included.
  ///   - output: like `queries`; the same rows are written.
  package func attend(
    _ queries: borrowing Activations, rows: Range<Int>, cache: KeyValueCache,
    into output: inout Activations
  ) {
    let width = cache.headWidth
    let groupWidth = width * cache.kvHeads
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= min(queries.rows, output.rows)
        && rows.count <= cache.count,
      "rows \(rows) of \(queries.rows) and \(output.rows) with \(cache.count) positions")
    precondition(
      queries.columns % groupWidth == 0 && output.columns == queries.columns,
      "\(queries.columns) and \(output.columns) columns for \(cache.kvHeads) heads of \(width)")
    let work = CachedAttention(
      queries: UnsafePointer(queries.pointer) + rows.lowerBound * queries.columns,
      output: output.pointer + rows.lowerBound * queries.columns, stride: queries.columns,
      rows: rows.count, cache: cache, set: instructionSet.forC)
    forEachLane(of: rows.count * cache.kvHeads, scratchBytes: cache.count * 4) { tasks, scratch in
      work.run(tasks, scores: scratch.assumingMemoryBound(to: Float.self))
    }
  }

  /// Attention of every position of a tile to every one, in float32.
  ///
  /// - Parameters:
  ///   - fused: `[positions, 3 · hidden]`: queries, keys, values, each `heads` heads side by side.
  ///   - heads: the number of heads, all of the same width.
  ///   - output: `[positions, hidden]`.
  package func attendTile(
    _ fused: borrowing Activations, heads: Int, into output: inout Activations
  ) {
    let hidden = output.columns
    precondition(
      fused.columns == 3 * hidden && fused.rows == output.rows,
      "[\(fused.rows), \(fused.columns)] into [\(output.rows), \(hidden)]")
    precondition(heads > 0 && hidden % heads == 0, "\(heads) heads in \(hidden) columns")
    let work = TileAttention(
      fused: UnsafePointer(fused.pointer), output: output.pointer, positions: fused.rows,
      hidden: hidden, width: hidden / heads, set: instructionSet.forC)
    forEachLane(of: heads, scratchBytes: work.scratchBytes) { heads, scratch in
      for head in heads { work.run(head, scratch: scratch.assumingMemoryBound(to: Float.self)) }
    }
  }
}

/// Checked work of `attend`; a task is one row and one key head.
private struct CachedAttention: @unchecked Sendable {
  // Sendable: tasks write disjoint parts of the output and only read the rest.
  let queries: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let stride: Int
  let rows: Int
  let cache: KeyValueCache
  let set: CKInstructionSet

  func run(_ tasks: Range<Int>, scores: UnsafeMutablePointer<Float>) {
    guard let type = cache.type.floatType else { return }
    let width = cache.headWidth
    let group = stride / width / cache.kvHeads
    for task in tasks {
      let row = task / cache.kvHeads
      let keyHead = task % cache.kvHeads
      for head in keyHead * group..<(keyHead + 1) * group {
        let first = row * stride + head * width
        ck_attend_query(
          queries + first, width, cache.keys(head: keyHead), cache.values(head: keyHead), type,
          cache.count - rows + row + 1, 1 / Float(width).squareRoot(), scores, output + first, set)
      }
    }
  }
}

/// Checked work of `attendTile`; a task is one head.
private struct TileAttention: @unchecked Sendable {
  // Sendable: heads write disjoint columns of the output and only read the rest.
  let fused: UnsafePointer<Float>
  let output: UnsafeMutablePointer<Float>
  let positions: Int
  let hidden: Int
  let width: Int
  let set: CKInstructionSet

  /// Positions rounded up to whole blocks of keys.
  private var paddedPositions: Int {
    let block = Int(CK_KEY_BLOCK)
    return (positions + block - 1) / block * block
  }

  /// Keys, values and one row of scores.
  var scratchBytes: Int { paddedPositions * (2 * width + 1) * MemoryLayout<Float>.stride }

  func run(_ head: Int, scratch: UnsafeMutablePointer<Float>) {
    let query = fused + head * width
    let stride = 3 * hidden
    let keys = scratch
    let values = keys + paddedPositions * width
    let scores = values + paddedPositions * width
    ck_store_keys(
      query + hidden, stride, positions, width, nil, nil, keys, CKFloatType32, 0, set)
    ck_store_values(query + 2 * hidden, stride, positions, width, values, CKFloatType32, 0, set)
    for position in 0..<positions {
      ck_attend_query(
        query + position * stride, width, keys, values, CKFloatType32, positions,
        1 / Float(width).squareRoot(), scores, output + position * hidden + head * width, set)
    }
  }
}
