internal import CKernels

/// How attention within a tile multiplies; in float32 where the instruction set is not faster with
/// integers.
package enum TileProducts: Sendable {
  case float32
  /// With AVX-512, scores in int8, after the mean of the keys is taken from them (Zhang et al. 2024,
  /// SageAttention), weights and values in int8, with scales per column of a chunk of values; with AVX2,
  /// where int8 products are no faster, all of them in int16.
  case integers
}

extension Compute {
  /// Causal, grouped-query attention of the newest rows of sequences, each over its cache.
  ///
  /// A slice's last row has its cache's newest position; each row sees the positions up to its own.
  /// `output = Σ softmax(query · keys / √headWidth) · values` per head. With vector instructions, int16
  /// keys are multiplied by queries in int16, and int16 values by weights in int16. If a slice has
  /// several rows, weights and values are integers with scales per column of a chunk of values.
  ///
  /// - Parameters:
  ///   - queries: `[rows, queryHeads · headWidth]`, rotated.
  ///   - slices: the rows of each sequence, apart and in order, with its keys and values, theirs included.
  ///   - output: like `queries`; the slices' rows are written.
  package func attend(
    _ queries: borrowing Activations, slices: [CachedRows], into output: inout Activations
  ) {
    let pointer = UnsafePointer(queries.pointer)
    var end = 0
    let works = slices.map { slice in
      let (rows, cache) = (slice.rows, slice.cache)
      let groupWidth = cache.headWidth * cache.kvHeads
      precondition(
        rows.lowerBound >= end && rows.upperBound <= min(queries.rows, output.rows)
          && rows.count <= cache.count,
        """
        rows \(rows), at least from \(end), of \(queries.rows) and \(output.rows) with \
        \(cache.count) positions
        """)
      end = rows.upperBound
      precondition(
        queries.columns % groupWidth == 0 && output.columns == queries.columns,
        """
        \(queries.columns) and \(output.columns) columns for \(cache.kvHeads) heads of \
        \(cache.headWidth)
        """)
      let first = rows.lowerBound * queries.columns
      return AttentionWork(
        queries: pointer + first, queryStride: queries.columns, outputs: output.pointer + first,
        outputStride: output.columns, rows: rows.count, groups: cache.kvHeads,
        heads: queries.columns / groupWidth, width: cache.headWidth, source: .cache(cache),
        lanes: lanes / slices.count, kernels: kernels)
    }
    run(works)
  }

  /// Attention of every position of a tile to every one.
  ///
  /// - Parameters:
  ///   - fused: `[positions, 3 · hidden]`: queries, keys, values, each `heads` heads side by side.
  ///   - heads: the number of heads, all of the same width.
  ///   - products: how they are computed.
  ///   - output: `[positions, hidden]`.
  package func attendTile(
    _ fused: borrowing Activations, heads: Int, products: TileProducts = .float32,
    into output: inout Activations
  ) {
    let hidden = output.columns
    precondition(
      fused.columns == 3 * hidden && fused.rows == output.rows,
      "[\(fused.rows), \(fused.columns)] into [\(output.rows), \(hidden)]")
    precondition(heads > 0 && hidden % heads == 0, "\(heads) heads in \(hidden) columns")
    let pointer = UnsafePointer(fused.pointer)
    run([
      AttentionWork(
        queries: pointer, queryStride: fused.columns, outputs: output.pointer,
        outputStride: hidden, rows: fused.rows, groups: heads, heads: 1, width: hidden / heads,
        source: .tile(
          keys: pointer + hidden, values: pointer + 2 * hidden, stride: fused.columns, products),
        lanes: lanes, kernels: kernels)
    ])
  }

  private func run(_ works: [AttentionWork]) {
    let tasks = works.reduce(0) { $0 + $1.tasks }
    // A lane is not worth waking for less than 2^18 multiplications of a score or a value.
    let multiplications = works.reduce(0) { $0 + $1.multiplications }
    let grain = max(1, (tasks << 18) / max(1, multiplications))
    let scratchBytes = works.map(\.scratchBytes).max() ?? 0
    forEachPart(of: tasks, grain: grain, scratchBytes: scratchBytes) { range, scratch in
      let scratch = scratch.assumingMemoryBound(to: Float.self)
      var before = 0
      for work in works {
        for task in range.clamped(to: before..<before + work.tasks) {
          work.run(task - before, scratch: scratch)
        }
        before += work.tasks
      }
    }
  }
}

/// Checked attention of some rows.
///
/// A task is a chunk of rows and one key head, with all its query heads, or a part of them where there
/// is one row.
private struct AttentionWork: @unchecked Sendable {
  // Sendable: tasks write disjoint parts of the output and only read the rest.

  enum Source {
    /// The rows are the newest positions of a cache, and see those up to their own.
    case cache(KeyValueCache)
    /// The rows see each other: a head's keys and values, positions `stride` floats apart.
    case tile(
      keys: UnsafePointer<Float>, values: UnsafePointer<Float>, stride: Int, TileProducts)
  }

  let queries: UnsafePointer<Float>
  let queryStride: Int
  let outputs: UnsafeMutablePointer<Float>
  let outputStride: Int
  let rows: Int
  /// Key heads, and query heads for each of them.
  let groups: Int
  let heads: Int
  let width: Int
  let source: Source
  /// How many lanes there are for these rows alone; 0 with more sequences than lanes.
  let lanes: Int
  let kernels: UnsafePointer<CKKernels>

  /// Into how many tasks the query heads of a key head are split.
  ///
  /// One row has few key heads for many lanes, so lanes share a key head and each takes some of its query
  /// heads, whose bits do not depend on the others. The first lane reads keys and values from memory; the
  /// others read them at about the same time from the cache that lanes share.
  private var parts: Int { rows == 1 ? max(1, min(heads, lanes / groups)) : 1 }

  /// Rows of a task.
  ///
  /// Enough queries that laying out keys for them costs little, and few enough that queries and sums,
  /// 640 KiB in all, stay in an L2 cache of 1 MiB. A tile's 1025 positions are one task.
  private var chunkRows: Int { max(1, (80 << 10) / (width * heads)) }

  private var chunks: Int { (rows + chunkRows - 1) / chunkRows }

  /// How many tasks there are.
  var tasks: Int { groups * parts * chunks }

  /// Of all tasks, for scores and values.
  var multiplications: Int { rows * groups * heads * width * positions * 2 }

  private var positions: Int {
    switch source {
    case .cache(let cache): cache.count
    case .tile: rows
    }
  }

  var scratchBytes: Int {
    kernels.pointee.attention_scratch_bytes(min(rows, chunkRows) * heads, width, positions)
  }

  func run(_ task: Int, scratch: UnsafeMutablePointer<Float>) {
    let (group, share) = (task / chunks).quotientAndRemainder(dividingBy: parts)
    let chunk = task % chunks
    let range = chunk * rows / chunks..<(chunk + 1) * rows / chunks
    let shared = share * heads / parts..<(share + 1) * heads / parts
    let column = (group * heads + shared.lowerBound) * width
    var attention = CKAttention()
    attention.queries = queries + range.lowerBound * queryStride + column
    attention.query_stride = queryStride
    attention.outputs = outputs + range.lowerBound * outputStride + column
    attention.output_stride = outputStride
    attention.rows = range.count
    attention.heads = shared.count
    attention.width = width
    switch source {
    case .cache(let cache):
      attention.keys = UnsafeRawPointer(cache.keys(head: group))
      attention.values = UnsafeRawPointer(cache.values(head: group))
      attention.key_scales = UnsafePointer(cache.keyScales(head: group))
      attention.value_scales = UnsafePointer(cache.valueScales(head: group))
      attention.positions = cache.count - (rows - range.upperBound)
      attention.causal = true
    case .tile(let keys, let values, let stride, let products):
      attention.keys = UnsafeRawPointer(keys + group * width)
      attention.values = UnsafeRawPointer(values + group * width)
      attention.integers = products == .integers
      attention.position_stride = stride
      attention.positions = rows
    }
    ck_attend(kernels, &attention, scratch)
  }
}
