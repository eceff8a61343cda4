import Imaging
import Testing

@Suite("Frame sampling")
struct FrameSamplingTests {
  /// Computed with NumPy by the formula of InternVL's `get_index`.
  @Test(
    "frames are those of the reference, ties rounded to even",
    arguments: [
      (100, 8, [6, 18, 31, 43, 56, 68, 80, 93]),
      (33, 8, [2, 6, 10, 14, 18, 22, 26, 30]),
      (13, 8, [0, 2, 3, 4, 6, 8, 9, 10]),
      (9, 4, [1, 3, 5, 7]),
      (5, 8, [0, 0, 1, 2, 2, 2, 3, 4]),
      (1, 4, [0, 0, 0, 0]),
    ])
  func matchesReference(frameCount: Int, segments: Int, expected: [Int]) {
    #expect(FrameSampling.indices(frameCount: frameCount, segments: segments) == expected)
  }

  @Test("indices stay inside the video and never fall")
  func staysInside() {
    for frameCount in 1...60 {
      for segments in 1...60 {
        let indices = FrameSampling.indices(frameCount: frameCount, segments: segments)
        #expect(indices.count == segments && indices == indices.sorted())
        #expect(indices.allSatisfy { (0..<frameCount).contains($0) })
      }
    }
  }
}
