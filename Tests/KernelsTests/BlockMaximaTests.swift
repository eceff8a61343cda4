import TestSupport
import Testing

@testable import Kernels

@Suite("Largest numbers of a row")
struct BlockMaximaTests {
  private func maxima(_ row: [Float]) -> BlockMaxima {
    var maxima = BlockMaxima()
    row.withUnsafeBufferPointer { maxima.fill($0) }
    return maxima
  }

  @Test("a block's maximum is its largest finite number", arguments: [1, 63, 64, 65, 80, 200])
  func blocks(count: Int) {
    var random = SplitMix64(seed: 61)
    var row = (0..<count).map { _ in Float.random(in: -9...9, using: &random) }
    for index in stride(from: 5, to: count, by: 7) {
      row[index] = [.infinity, .nan, -.infinity][index % 3]
    }
    let expected = stride(from: 0, to: count, by: 64).map { start in
      row[start..<min(start + 64, count)].filter(\.isFinite).max() ?? -.infinity
    }
    #expect(maxima(row).values == expected)
  }

  @Test("a limit is reached by as many numbers as asked for, and is near the last of them")
  func limits() {
    var random = SplitMix64(seed: 62)
    for _ in 0..<20 {
      let row = (0..<2000).map { _ in Float(Int.random(in: 0...300, using: &random)) }
      var maxima = maxima(row)
      let sorted = maxima.values.sorted(by: >)
      for count in 1...sorted.count {
        #expect(maxima.limit(ofLargest: count) == sorted[count - 1])
        #expect(row.count { $0 >= sorted[count - 1] } >= count)
      }
      #expect(maxima.limit(ofLargest: sorted.count + 1) == -.infinity)
    }
  }

  @Test("rows without numbers have no limit")
  func nothing() {
    var maxima = maxima([.nan, .infinity])
    #expect(maxima.limit(ofLargest: 1) == -.infinity)
    maxima.fill(UnsafeBufferPointer(start: nil, count: 0))
    #expect(maxima.limit(ofLargest: 1) == -.infinity)
  }
}
