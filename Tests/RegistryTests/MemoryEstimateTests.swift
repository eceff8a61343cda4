import Testing

@testable import Registry

@Suite("Memory estimate")
struct MemoryEstimateTests {
  private func estimate(_ name: String, isFast: Bool, context: Int = 8192) throws -> MemoryEstimate
  {
    let spec = try #require(try Registry.builtIn().families[0].specs.first { $0.name == name })
    return MemoryEstimate(
      shape: try #require(spec.shape),
      plan: MemoryPlan(format: spec.format, isFast: isFast, contextLength: context))
  }

  @Test("unquantised weights take what they take on disk, and a little for what becomes float32")
  func weightsAsShipped() throws {
    let bytes = try estimate("InternVL3-8B", isFast: false).weightBytes
    #expect(bytes > 15_888_000_000)
    #expect(bytes < 15_900_000_000)
  }

  @Test("the key/value cache keeps the key/value heads only")
  func groupedQueries() throws {
    // 8B: 2 (keys, values) × 28 layers × 4 heads × 128 values × 4 bytes × 8192 tokens.
    #expect(
      try estimate("InternVL3-8B", isFast: false).cacheBytes == 2 * 28 * 4 * 128 * 4 * 8192)
    // 9B, 16-bit cache: 48 layers × 2 heads × 2 × (128 values × 2 bytes, and a scale) × 8192 tokens.
    let row = 2 * (128 * 2 + 4)
    #expect(
      try estimate("InternVL3-9B-AWQ", isFast: true).cacheBytes == 48 * 2 * row * 8192)
  }

  @Test("the cache grows with the context, the weights do not")
  func context() throws {
    let short = try estimate("InternVL3-2B", isFast: false, context: 1024)
    let long = try estimate("InternVL3-2B", isFast: false, context: 32768)
    #expect(long.cacheBytes == 32 * short.cacheBytes)
    #expect(long.weightBytes == short.weightBytes)
  }

  @Test("quantised models need less than half of what unquantised ones need")
  func quantised() throws {
    for size in [8, 9, 14, 38, 78] {
      let awq = try estimate("InternVL3-\(size)B-AWQ", isFast: true).totalBytes
      let pytorch = try estimate("InternVL3-\(size)B", isFast: false).totalBytes
      #expect(awq * 2 < pytorch)
    }
  }

  @Test("packed matrices take 17/32 and 33/32 bytes a weight")
  func packed() {
    #expect(WeightStorage.fourBits.bytes(2048) == 1088)
    #expect(WeightStorage.eightBits.bytes(2048) == 2112)
    #expect(WeightStorage.sixteenBits.bytes(2048) == 4096)
  }
}
