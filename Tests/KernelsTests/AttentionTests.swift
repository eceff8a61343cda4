import Foundation
import Testing

@testable import Kernels

@Suite("Attention")
struct AttentionTests {
  /// One sequence whose rows are fed in parts, with its float64 result.
  struct SequenceShape {
    let width: Int
    let kvHeads: Int
    let group: Int
    let parts: [Int]
    var count: Int { parts.reduce(0, +) }
    var layout: HeadLayout {
      // Grouped as InternLM does: the queries of a key head, then the key and the value head.
      let starts = (0..<kvHeads).map { $0 * (group + 2) * width }
      return HeadLayout(
        headWidth: width,
        queryColumns: starts.flatMap { start in (0..<group).map { start + $0 * width } },
        keyColumns: starts.map { $0 + group * width },
        valueColumns: starts.map { $0 + (group + 1) * width })
    }
    var columns: Int { kvHeads * (group + 2) * width }
  }

  static let sequences = [
    SequenceShape(width: 2, kvHeads: 1, group: 1, parts: [1]),
    SequenceShape(width: 16, kvHeads: 2, group: 2, parts: [5, 1, 1, 17]),
    SequenceShape(width: 20, kvHeads: 2, group: 3, parts: [16, 1, 3]),
    SequenceShape(width: 64, kvHeads: 2, group: 7, parts: [37, 1, 1]),
    SequenceShape(width: 128, kvHeads: 1, group: 6, parts: [33, 1]),
    SequenceShape(width: 8, kvHeads: 1, group: 9, parts: [1, 1, 150, 1, 2]),
    SequenceShape(width: 16, kvHeads: 2, group: 8, parts: [20, 1]),
    SequenceShape(width: 128, kvHeads: 1, group: 8, parts: [20, 1]),
    SequenceShape(width: 16, kvHeads: 1, group: 16, parts: [20, 1]),
    SequenceShape(width: 128, kvHeads: 2, group: 16, parts: [20, 1]),
  ]

  /// With AVX-512, several rows take weights and values of an int16 cache in int8.
  static func bounds(_ set: InstructionSet) -> [(KeyValueCache.Format, Double)] {
    [(.float32, 4e-6), (.int16, set == .avx512vnni ? 4e-2 : 4e-3)]
  }

  @Test(
    "cached attention agrees with float64, whether rows come together or one by one",
    arguments: InstructionSet.available, Self.sequences.indices)
  func cached(set: InstructionSet, index: Int) {
    let sequence = Self.sequences[index]
    let fused = randomActivations(
      rows: sequence.count, columns: sequence.columns, seed: 1, range: 2)
    let expected = Self.expectedCached(fused, sequence)
    for (format, bound) in Self.bounds(set) {
      let found = Self.run(
        Compute(lanes: 2, instructionSet: set), fused, sequence, format: format)
      let error = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(error <= bound)
    }
  }

  @Test(
    "one row agrees with float64 where its largest score comes late in a long cache",
    arguments: InstructionSet.available, [7, 8, 16])
  func longCache(set: InstructionSet, group: Int) {
    let sequence = SequenceShape(width: 48, kvHeads: 1, group: group, parts: [500, 1])
    let fused = randomActivations(rows: 501, columns: sequence.columns, seed: 8, range: 1)
    for row in 0..<501 {
      // Keys grow, so that what is summed counts less and less.
      for column in group * 48..<(group + 1) * 48 {
        fused.pointer[row * sequence.columns + column] *= Float(row) / 50
      }
    }
    let expected = Self.expectedCached(fused, sequence, first: 500)
    for (format, bound) in [(KeyValueCache.Format.float32, 4e-6), (.int16, 4e-3)] {
      let found = Self.run(Compute(lanes: 1, instructionSet: set), fused, sequence, format: format)
      let error = zip(found.suffix(expected.count), expected).map { abs(Double($0) - $1) }.max()
      #expect(error ?? 1 <= bound)
    }
  }

  @Test(
    "in one row, a head's bits do not depend on how many heads have its key head",
    arguments: InstructionSet.available, [7, 8, 9, 16])
  func ignoresOtherHeads(set: InstructionSet, group: Int) {
    let (width, count) = (32, 360)
    let fused = randomActivations(rows: count, columns: (group + 2) * width, seed: 9, range: 2)
    let compute = Compute(lanes: 1, instructionSet: set)
    func lastRow(kvHeads: Int) -> [Float] {
      // Every key head is the same.
      let heads = HeadLayout(
        headWidth: width, queryColumns: (0..<group).map { $0 * width },
        keyColumns: [Int](repeating: group * width, count: kvHeads),
        valueColumns: [Int](repeating: (group + 1) * width, count: kvHeads))
      let cache = KeyValueCache(
        kvHeads: kvHeads, headWidth: width, capacity: count, format: .int16)
      var queries = Activations(capacity: count, columns: group * width)
      var output = Activations(capacity: count, columns: group * width)
      let (cosines, sines) = Self.angles(0..<count, width: width)
      compute.rotateAndStore(
        fused, heads: heads, cosines: cosines, sines: sines, queries: &queries,
        slices: [CachedRows(rows: 0..<count, cache: cache)])
      compute.attend(
        queries, slices: [CachedRows(rows: count - 1..<count, cache: cache)], into: &output)
      return output.values.suffix(group * width)
    }
    let isSame = lastRow(kvHeads: 1) == lastRow(kvHeads: group)
    #expect(isSame)
  }

  @Test("any number of lanes gives the same bits", arguments: InstructionSet.available)
  func ignoresLanes(set: InstructionSet) {
    // One row, too, has enough to do for several lanes: with 3 and more by its query heads.
    for (width, kvHeads, group) in [(64, 3, 7), (64, 1, 16), (60, 2, 8)] {
      let sequence = SequenceShape(
        width: width, kvHeads: kvHeads, group: group, parts: [300, 1, 5])
      let fused = randomActivations(
        rows: sequence.count, columns: sequence.columns, seed: 1, range: 2)
      let results = [1, 2, 3, 5, 8].map { lanes in
        let compute = Compute(lanes: lanes, instructionSet: set)
        return Self.run(compute, fused, sequence, format: .int16)
      }
      for other in results.dropFirst() {
        let isSame = other == results[0]
        #expect(isSame)
      }
    }
    let tile = randomActivations(rows: 131, columns: 3 * 60, seed: 2, range: 2)
    for products in [TileProducts.float32, .integers] {
      let tiles = [1, 2, 3].map { lanes in
        var output = Activations(capacity: 131, columns: 60)
        Compute(lanes: lanes, instructionSet: set)
          .attendTile(tile, heads: 3, products: products, into: &output)
        return output.values
      }
      #expect(tiles[0] == tiles[1] && tiles[0] == tiles[2])
    }
  }

  @Test(
    "sequences together have the bits of each alone", arguments: InstructionSet.available,
    [KeyValueCache.Format.float32, .int16])
  func sequencesTogether(set: InstructionSet, format: KeyValueCache.Format) {
    let layout = SequenceShape(width: 64, kvHeads: 2, group: 7, parts: []).layout
    // A long cache that gets one row, a prompt, a new sequence, and one that gets several rows.
    let lengths: [(before: Int, new: Int)] = [(700, 1), (0, 90), (0, 1), (37, 20)]
    let columns = 2 * (7 + 2) * 64
    func caches(on compute: Compute) -> [KeyValueCache] {
      lengths.enumerated().map { index, length in
        let cache = KeyValueCache(kvHeads: 2, headWidth: 64, capacity: 800, format: format)
        let fused = randomActivations(
          rows: length.before, columns: columns, seed: UInt64(index), range: 2)
        _ = Self.append(0..<length.before, of: fused, layout, to: cache, on: compute)
        return cache
      }
    }
    let rows = lengths.reduce(0) { $0 + $1.new }
    let fused = randomActivations(rows: rows, columns: columns, seed: 9, range: 2)
    let (cosines, sines) = Self.angles(0..<rows, width: 64)
    for lanes in [1, 2, 5] {
      let compute = Compute(lanes: lanes, instructionSet: set)
      var start = 0
      let alone = zip(lengths, caches(on: compute)).flatMap { length, cache in
        defer { start += length.new }
        return Self.append(
          start..<start + length.new, of: fused, layout, to: cache, on: compute)
      }
      var slices: [CachedRows] = []
      for (length, cache) in zip(lengths, caches(on: compute)) {
        let end = slices.last?.rows.upperBound ?? 0
        slices.append(CachedRows(rows: end..<end + length.new, cache: cache))
      }
      var queries = Activations(capacity: rows, columns: 2 * 7 * 64)
      var output = Activations(capacity: rows, columns: 2 * 7 * 64)
      compute.rotateAndStore(
        fused, heads: layout, cosines: cosines, sines: sines, queries: &queries, slices: slices)
      compute.attend(queries, slices: slices, into: &output)
      let isSame = output.values == alone
      #expect(isSame, "\(lanes) lanes")
      #expect(slices.map(\.cache.count) == lengths.map { $0.before + $0.new })
    }
  }

  @Test(
    "AVX-VNNI gives the bits of AVX2",
    .enabled(if: InstructionSet.available.contains(.avxvnni), "this machine has no AVX-VNNI"))
  func bitsOfAVX2() {
    let sets = [InstructionSet.avx2, .avxvnni].map { Compute(lanes: 1, instructionSet: $0) }
    for sequence in Self.sequences {
      let fused = randomActivations(
        rows: sequence.count, columns: sequence.columns, seed: 3, range: 2)
      let results = sets.map { Self.run($0, fused, sequence, format: .int16) }
      #expect(results[0] == results[1], "heads of \(sequence.width)")
    }
    let tile = randomActivations(rows: 131, columns: 3 * 60, seed: 4, range: 2)
    let tiles = sets.map { compute in
      var output = Activations(capacity: 131, columns: 60)
      compute.attendTile(tile, heads: 3, products: .integers, into: &output)
      return output.values
    }
    #expect(tiles[0] == tiles[1])
  }

  @Test("a truncated cache goes on as if the later positions had never been")
  func truncates() {
    let compute = Compute(lanes: 1)
    let sequence = SequenceShape(width: 16, kvHeads: 1, group: 2, parts: [20])
    let fused = randomActivations(rows: 20, columns: sequence.columns, seed: 1)
    let whole = Self.run(compute, fused, sequence, format: .float32)
    let cache = KeyValueCache(kvHeads: 1, headWidth: 16, capacity: 20, format: .float32)
    var output: [Float] = []
    for rows in [0..<20, 7..<20] {
      cache.truncate(to: rows.lowerBound)
      output.removeLast(output.count - rows.lowerBound * 32)
      output += Self.append(rows, of: fused, sequence.layout, to: cache, on: compute)
    }
    #expect(cache.count == 20)
    #expect(output.count == whole.count)
    #expect(zip(output, whole).allSatisfy { abs($0 - $1) < 4e-6 })
  }

  @Test("a cache that moves to more memory holds what it held", arguments: [250, 256])
  func grows(count: Int) {
    let cache = KeyValueCache(kvHeads: 3, headWidth: 4, capacity: 1000, format: .int16)
    // Of 250 positions the last block of keys is not full, but its components lie up to its end.
    func parts() -> [UnsafeMutableRawBufferPointer] {
      let codes = (0..<3).flatMap { [cache.keys(head: $0), cache.values(head: $0)] }
      let scales = (0..<3).flatMap { [cache.keyScales(head: $0), cache.valueScales(head: $0)] }
      return codes.map { UnsafeMutableRawBufferPointer(start: $0, count: 256 * 4 * 2) }
        + scales.map { UnsafeMutableRawBufferPointer(start: $0, count: count * 4) }
    }
    #expect(cache.extend(by: count) == 0)
    for (index, part) in parts().enumerated() {
      for i in part.indices { part[i] = UInt8(truncatingIfNeeded: i / 3 + index) }
    }
    let before = parts().map { $0.baseAddress }
    #expect(cache.extend(by: 700) == count)
    #expect(zip(before, parts()).allSatisfy { $0 != $1.baseAddress })
    for (index, part) in parts().enumerated() {
      let isSame = part.indices.allSatisfy { part[$0] == UInt8(truncatingIfNeeded: $0 / 3 + index) }
      #expect(isSame, "part \(index)")
    }
  }

  @Test(
    "what a truncated cache held before changes no bit", arguments: InstructionSet.available,
    [KeyValueCache.Format.float32, .int16])
  func forgets(set: InstructionSet, format: KeyValueCache.Format) {
    let compute = Compute(lanes: 1, instructionSet: set)
    let sequence = SequenceShape(width: 16, kvHeads: 1, group: 2, parts: [20])
    let fused = randomActivations(rows: 20, columns: sequence.columns, seed: 1)
    let wild = randomActivations(rows: 40, columns: sequence.columns, seed: 2, range: 1e30)
    for index in stride(from: 0, to: 40 * sequence.columns, by: 3) { wild.pointer[index] = .nan }
    let cache = KeyValueCache(kvHeads: 1, headWidth: 16, capacity: 40, format: format)
    func run(_ input: borrowing Activations) -> [Float] {
      cache.truncate(to: 0)
      return Self.append(
        0..<input.rows, of: input, sequence.layout, to: cache, on: compute)
    }
    _ = run(wild)
    let first = run(fused)
    let other = Self.run(compute, fused, sequence, format: format)
    // Not as one expression: its report would be pages of numbers.
    let isSame = first == other
    #expect(isSame)
  }

  @Test(
    "scores of any size leave finite results", arguments: InstructionSet.available,
    [true, false])
  func survivesExtremes(set: InstructionSet, inIntegers: Bool) {
    let sequence = SequenceShape(width: 16, kvHeads: 1, group: 1, parts: [40, 1])
    for range in [0, 1e-30, 1e4, 1e9] as [Float] {
      let fused = randomActivations(rows: 41, columns: 48, seed: 1, range: range)
      let found = Self.run(
        Compute(lanes: 1, instructionSet: set), fused, sequence,
        format: inIntegers ? .int16 : .float32)
      #expect(found.allSatisfy { abs($0) <= (inIntegers ? 1.001 : 1.0001) * range })
      var output = Activations(capacity: 41, columns: 16)
      Compute(lanes: 1, instructionSet: set).attendTile(
        fused, heads: 1, products: inIntegers ? .integers : .float32, into: &output)
      #expect(output.values.allSatisfy { abs($0) <= 1.0001 * range })
    }
  }

  @Test(
    "attention within a tile agrees with float64", arguments: InstructionSet.available,
    [(1, 1, 4), (17, 2, 12), (33, 3, 16), (50, 2, 20), (65, 2, 64), (48, 1, 128), (150, 1, 10)])
  func tile(set: InstructionSet, shape: (positions: Int, heads: Int, width: Int)) {
    let hidden = shape.heads * shape.width
    let fused = randomActivations(rows: shape.positions, columns: 3 * hidden, seed: 4, range: 2)
    var output = Activations(capacity: shape.positions, columns: hidden)
    Compute(lanes: 2, instructionSet: set).attendTile(fused, heads: shape.heads, into: &output)
    let values = fused.values.map(Double.init)
    var worst = 0.0
    for head in 0..<shape.heads {
      func vector(_ position: Int, _ part: Int) -> ArraySlice<Double> {
        let start = position * 3 * hidden + part * hidden + head * shape.width
        return values[start..<start + shape.width]
      }
      let keys = (0..<shape.positions).map { vector($0, 1) }
      let contents = (0..<shape.positions).map { vector($0, 2) }
      for position in 0..<shape.positions {
        let expected = Self.attention(vector(position, 0), keys, contents)
        for i in 0..<shape.width {
          let found = Double(output.row(position)[head * shape.width + i])
          worst = max(worst, abs(found - expected[i]))
        }
      }
    }
    #expect(worst <= 4e-6)
  }

  @Test(
    "keys and values in int16 are as in float32, a hundredfold column of each included",
    arguments: InstructionSet.available, [16, 64, 128].flatMap { [($0, 1), ($0, 100)] })
  func int16(set: InstructionSet, shape: (width: Int, largest: Float)) {
    let width = shape.width
    let compute = Compute(lanes: 1, instructionSet: set)
    let sequence = SequenceShape(width: width, kvHeads: 2, group: 3, parts: [270, 1])
    let fused = randomActivations(rows: 271, columns: sequence.columns, seed: 5, range: 1)
    for row in 0..<271 {
      let start = row * sequence.columns
      for column in sequence.layout.keyColumns { fused.pointer[start + column] *= 100 }
      for column in sequence.layout.queryColumns { fused.pointer[start + column] *= 0.01 }
      // Multiples of 1/64.
      for column in sequence.layout.valueColumns {
        for i in start + column..<start + column + width {
          fused.pointer[i] = (fused.pointer[i] * 64).rounded() / 64
        }
        fused.pointer[start + column] *= shape.largest
      }
    }
    let exact = Self.run(compute, fused, sequence, format: .float32)
    let fast = Self.run(compute, fused, sequence, format: .int16)
    let errors = zip(exact, fast).enumerated().map { index, outputs in
      abs(outputs.0 - outputs.1) / (index % width == 0 ? shape.largest : 1)
    }
    let last = sequence.layout.queryColumns.count * width
    let one = errors.suffix(last).max() ?? 1
    // Half a code of a value, beside what the rest may lose: a large column costs the others that.
    #expect(one <= 1e-3 + (shape.largest - 1) / 65536, "one row: \(one)")
    // Several rows may take weights and values in int8.
    let several = errors.max() ?? 1
    #expect(several <= 2e-2, "several rows: \(several)")
  }

  @Test(
    "int8 scores stay within two hundredths of float32, with a large mean of the keys too",
    arguments: InstructionSet.available)
  func int8(set: InstructionSet) {
    let compute = Compute(lanes: 2, instructionSet: set)
    for (positions, heads, width) in [(1, 1, 4), (33, 2, 15), (270, 1, 64), (17, 1, 128)] {
      let hidden = heads * width
      let fused = randomActivations(rows: positions, columns: 3 * hidden, seed: 5, range: 1)
      for row in 0..<positions {
        for column in stride(from: 0, to: hidden, by: 5) {
          fused.pointer[row * 3 * hidden + hidden + column] += 100
        }
      }
      var exact = Activations(capacity: positions, columns: hidden)
      var fast = Activations(capacity: positions, columns: hidden)
      compute.attendTile(fused, heads: heads, into: &exact)
      compute.attendTile(fused, heads: heads, products: .integers, into: &fast)
      let error = zip(exact.values, fast.values).map { abs($0 - $1) }.max() ?? 0
      #expect(error <= 2e-2, "\(positions) positions, \(heads) heads of \(width)")
    }
  }

  @Test(
    "what many positions of little weight say together is not lost beside one of great weight",
    arguments: InstructionSet.available, [[], [300], [299, 1]])
  func littleWeights(set: InstructionSet, cachedParts: [Int]) {
    // One key has a thousand times the weight of each of the others, whose values alone are not 0.
    let positions = 300
    let numbers = (0..<positions).flatMap { row in
      [Float](repeating: 1, count: 64)
        + [Float](repeating: row == 7 ? logf(1000) / 8 : 0, count: 64)
        + [Float](repeating: row == 7 ? 0 : 1, count: 64)
    }
    let fused = activations(numbers, rows: positions, columns: 3 * 64)
    let compute = Compute(lanes: 2, instructionSet: set)
    var output = Activations(capacity: positions, columns: 64)
    if cachedParts.isEmpty {
      compute.attendTile(fused, heads: 1, products: .integers, into: &output)
    } else {
      Self.runUnrotated(compute, fused, parts: cachedParts, into: &output)
    }
    // The last row sees all positions of a cache, too.
    #expect(output.values.suffix(64).allSatisfy { abs($0 - 299 / 1299) <= 1e-2 })
  }

  @Test("a NaN among the queries or values reaches the output", arguments: InstructionSet.available)
  func keepsNaN(set: InstructionSet) {
    let compute = Compute(lanes: 1, instructionSet: set)
    for part in [0, 2] {
      let fused = randomActivations(rows: 20, columns: 48, seed: 7)
      fused.pointer[part * 16] = .nan
      var output = Activations(capacity: 20, columns: 16)
      compute.attendTile(fused, heads: 1, products: .integers, into: &output)
      #expect(output.row(0)[0].isNaN)
      for parts in [[20], [1, 19], [19, 1]] {
        Self.runUnrotated(compute, fused, parts: parts, into: &output)
        let row = part == 0 ? 0 : 19
        #expect(output.row(row)[0].isNaN, "\(parts)")
      }
    }
  }

  @Test(
    "a NaN among the keys reaches the output of every row that sees it, and of no other",
    arguments: InstructionSet.available)
  func keepsNaNOfKeys(set: InstructionSet) {
    let compute = Compute(lanes: 1, instructionSet: set)
    for wrong in [0, 5, 18] {
      let fused = randomActivations(rows: 20, columns: 48, seed: 7)
      fused.pointer[wrong * 48 + 16] = .nan
      var output = Activations(capacity: 20, columns: 16)
      compute.attendTile(fused, heads: 1, products: .integers, into: &output)
      #expect(output.values.allSatisfy { $0.isNaN }, "tile, \(wrong)")
      for parts in [[20], [1, 19], [19, 1]] {
        Self.runUnrotated(compute, fused, parts: parts, into: &output)
        let isRight = output.values.enumerated().allSatisfy { $1.isNaN == ($0 / 16 >= wrong) }
        #expect(isRight, "key \(wrong), \(parts)")
      }
    }
  }

  @Test(
    "scores as large as the codes of queries and keys allow do not overflow",
    arguments: InstructionSet.available, [16, 64, 128])
  func largestScores(set: InstructionSet, width: Int) {
    // All components alike, or all but one of them 0. Even keys are the query, odd ones its negative.
    for ones in [width, 1] {
      let vector = (0..<width).map { $0 < ones ? Float(1) : 0 }
      let numbers = (0..<40).flatMap { row -> [Float] in
        let sign: Float = row % 2 == 0 ? 1 : -1
        let weight = 8 * Float(width).squareRoot() / Float(ones)
        return vector + vector.map { $0 * sign * weight } + [Float](repeating: sign, count: width)
      }
      let fused = activations(numbers, rows: 40, columns: 3 * width)
      var output = Activations(capacity: 40, columns: width)
      Self.runUnrotated(
        Compute(lanes: 1, instructionSet: set), fused, parts: [39, 1], into: &output)
      #expect(output.values.allSatisfy { abs($0 - 1) <= 1e-2 })
    }
  }

  // MARK: - The definition, in float64

  static func attention(
    _ query: ArraySlice<Double>, _ keys: [ArraySlice<Double>], _ values: [ArraySlice<Double>]
  ) -> [Double] {
    let scale = 1 / Double(query.count).squareRoot()
    let scores: [Double] = keys.map { key in
      var sum = 0.0
      for (left, right) in zip(query, key) { sum += left * right }
      return sum * scale
    }
    let largest = scores.max() ?? 0
    let weights = scores.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    var output = [Double](repeating: 0, count: query.count)
    for (weight, value) in zip(weights, values) {
      for (i, element) in value.enumerated() { output[i] += weight / sum * element }
    }
    return output
  }

  static func angles(_ rows: Range<Int>, width: Int) -> (cosines: [Float], sines: [Float]) {
    let angles = rows.flatMap { row in (0..<width / 2).map { Double(row) / Double(1 + $0) } }
    return (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
  }

  /// The outputs of a sequence's rows from `first` on.
  static func expectedCached(
    _ fused: borrowing Activations, _ sequence: SequenceShape, first: Int = 0
  ) -> [Double] {
    let width = sequence.width
    let values = fused.values.map(Double.init)
    let columns = fused.columns
    func head(_ row: Int, _ column: Int) -> ArraySlice<Double> {
      values[row * columns + column..<row * columns + column + width]
    }
    func rotated(_ row: Int, _ column: Int) -> ArraySlice<Double> {
      let x = Array(head(row, column))
      let (cosines, sines) = angles(row..<row + 1, width: width)
      let half = width / 2
      var result = x
      for i in 0..<half {
        let (cosine, sine) = (Double(cosines[i]), Double(sines[i]))
        result[i] = x[i] * cosine - x[i + half] * sine
        result[i + half] = x[i + half] * cosine + x[i] * sine
      }
      return result[...]
    }
    let layout = sequence.layout
    let keys = layout.keyColumns.map { column in
      (0..<sequence.count).map { rotated($0, column) }
    }
    let contents = layout.valueColumns.map { column in
      (0..<sequence.count).map { head($0, column) }
    }
    return (first..<sequence.count).flatMap { row in
      layout.queryColumns.indices.flatMap { index in
        let keyHead = index / sequence.group
        return attention(
          rotated(row, layout.queryColumns[index]), Array(keys[keyHead][...row]),
          Array(contents[keyHead][...row]))
      }
    }
  }

  /// One head of an int16 cache, with no rotation; `fused` is `[rows, query | key | value]`.
  static func runUnrotated(
    _ compute: Compute, _ fused: borrowing Activations, parts: [Int],
    into output: inout Activations
  ) {
    let width = output.columns
    let layout = HeadLayout(
      headWidth: width, queryColumns: [0], keyColumns: [width], valueColumns: [2 * width])
    let cache = KeyValueCache(
      kvHeads: 1, headWidth: width, capacity: fused.rows, format: .int16)
    for part in parts {
      let rows = cache.count..<cache.count + part
      let ones = [Float](repeating: 1, count: part * width / 2)
      let values = append(
        rows, of: fused, layout, to: cache, angles: (ones, ones.map { _ in 0 }), on: compute)
      for (index, value) in values.enumerated() {
        output.pointer[rows.lowerBound * width + index] = value
      }
    }
  }

  static func run(
    _ compute: Compute, _ fused: borrowing Activations, _ sequence: SequenceShape,
    format: KeyValueCache.Format
  ) -> [Float] {
    let cache = KeyValueCache(
      kvHeads: sequence.kvHeads, headWidth: sequence.width, capacity: sequence.count, format: format
    )
    var start = 0
    return sequence.parts.flatMap { part in
      defer { start += part }
      return append(start..<start + part, of: fused, sequence.layout, to: cache, on: compute)
    }
  }

  /// The outputs of some rows of one sequence, which go to `cache` first.
  static func append(
    _ rows: Range<Int>, of fused: borrowing Activations, _ layout: HeadLayout,
    to cache: KeyValueCache, angles: (cosines: [Float], sines: [Float])? = nil,
    on compute: Compute
  ) -> [Float] {
    let newest = Activations(capacity: rows.count, columns: fused.columns)
    newest.pointer.update(
      from: fused.pointer + rows.lowerBound * fused.columns, count: rows.count * fused.columns)
    let columns = layout.queryColumns.count * layout.headWidth
    var queries = Activations(capacity: rows.count, columns: columns)
    var output = Activations(capacity: rows.count, columns: columns)
    let (cosines, sines) = angles ?? Self.angles(rows, width: layout.headWidth)
    let slices = [CachedRows(rows: 0..<rows.count, cache: cache)]
    compute.rotateAndStore(
      newest, heads: layout, cosines: cosines, sines: sines, queries: &queries, slices: slices)
    compute.attend(queries, slices: slices, into: &output)
    return output.values
  }
}
