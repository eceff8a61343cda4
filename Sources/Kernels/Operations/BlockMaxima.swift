internal import CKernels

/// The largest finite number of each block of a long row, to find its largest numbers fast.
package struct BlockMaxima {
  /// Numbers that share a maximum; the last block may have fewer.
  package static let blockSize = Int(CK_MAXIMA_BLOCK)

  /// One a block; −infinity where a block has no finite number.
  package private(set) var values: [Float] = []
  private var scratch: [Float] = []

  package init() {}

  /// Takes a new row.
  package mutating func fill(_ row: UnsafeBufferPointer<Float>) {
    let blocks = (row.count + Self.blockSize - 1) / Self.blockSize
    if values.count != blocks {
      values = [Float](repeating: 0, count: blocks)
      scratch = values
    }
    guard let base = row.baseAddress else { return }
    values.withUnsafeMutableBufferPointer { maxima in
      if let target = maxima.baseAddress { ck_block_maxima(base, row.count, target) }
    }
  }

  /// A number that at least `count` numbers of the row reach, and seldom many more; −infinity where
  /// there may be none.
  ///
  /// It is the maximum of the `count`-th of the blocks in order of their maxima.
  package mutating func limit(ofLargest count: Int) -> Float {
    guard count <= values.count else { return -.infinity }
    if count == 1 { return values.max() ?? -.infinity }
    for index in values.indices { scratch[index] = values[index] }
    return scratch.withUnsafeMutableBufferPointer { $0.selectLargest(count) }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The `count`-th largest element, counted from 1; changes the order.
  ///
  /// Source: Hoare, "Algorithm 65: Find" (1961).
  ///
  /// - Precondition: `count` is in `1...self.count`, and no element is a NaN.
  func selectLargest(_ count: Int) -> Float {
    let wanted = count - 1
    var first = 0, last = self.count - 1
    while first < last {
      let pivot = self[(first + last) / 2]
      var left = first, right = last
      while left <= right {
        while self[left] > pivot { left += 1 }
        while self[right] < pivot { right -= 1 }
        guard left <= right else { break }
        swapAt(left, right)
        left += 1
        right -= 1
      }
      if wanted <= right {
        last = right
      } else if wanted >= left {
        first = left
      } else {
        break
      }
    }
    return self[wanted]
  }
}
