import Foundation
import InternVL
import Registry
import TestSupport
import Testing

@testable import Models

/// What the registry's dimensions say before anything is downloaded.
@Suite("The sizes of specs")
struct SpecMemoryTests {
  private func spec(_ name: String) throws -> ModelSpec {
    try #require(try Registry.builtIn().families.flatMap(\.specs).first { $0.name == name })
  }

  private func need(
    _ name: String, _ precision: Precision, context: Int = 8192
  ) throws -> MemoryNeed {
    let configuration = try #require(try spec(name).configuration)
    return try ModelPlan(configuration).memory(
      ModelOptions(precision: precision, contextLength: context))
  }

  /// The sizes are published or computed from published configurations; see the model pages of
  /// OpenGVLab and the InternVL documentation.
  @Test(
    "download sizes agree with the published repositories",
    arguments: [
      ("InternVL3-1B", 1.876), ("InternVL3-2B", 4.178), ("InternVL3-8B", 15.889),
      ("InternVL3-9B", 18.284), ("InternVL3-14B", 30.235), ("InternVL3-38B", 76.776),
      ("InternVL3-78B", 156.817), ("InternVL3-1B-AWQ", 1.347), ("InternVL3-2B-AWQ", 2.238),
      ("InternVL3-8B-AWQ", 6.228), ("InternVL3-9B-AWQ", 6.809), ("InternVL3-14B-AWQ", 10.674),
      ("InternVL3-38B-AWQ", 30.577), ("InternVL3-78B-AWQ", 52.869), ("InternVL3_5-1B", 2.122),
      ("InternVL3_5-2B-Instruct", 4.697), ("InternVL3_5-4B", 9.465), ("InternVL3_5-8B", 17.057),
      ("InternVL3_5-14B-MPO", 30.239), ("InternVL3_5-38B-Pretrained", 76.7808),
      ("InternVL2_5-2B", 4.4115), ("InternVL2_5-4B-MPO", 7.4253), ("InternVL2_5-8B", 16.1507),
      ("InternVL2_5-26B", 51.0284),
    ])
  func downloadSizes(name: String, gigabytes: Double) throws {
    let bytes = try #require(try spec(name).downloadBytes)
    #expect(abs(Double(bytes) / 1e9 - gigabytes) < 0.0006)
  }

  @Test(
    "parameter totals agree with the InternVL documentation",
    arguments: [(1, 0.9), (2, 2.1), (8, 7.9), (9, 9.1), (14, 15.1), (38, 38.4), (78, 78.4)])
  func parameters(size: Int, billions: Double) throws {
    let bytes = try #require(try spec("InternVL3-\(size)B").downloadBytes)
    #expect(abs(Double(bytes) / 2e9 - billions) < 0.05)
  }

  @Test("the registry has the demo model's dimensions")
  func demo() throws {
    let spec = try #require(Registry.builtIn().families.last?.specs.first)
    let known = try #require(spec.configuration)
    let stored = try Configuration(folder: SharedFixtures.projectRoot.appending(path: "demo/model"))
    #expect(known.vision == stored.vision)
    #expect(try ModelPlan(known).tensors == ModelPlan(stored).tensors)
    #expect(spec.downloadBytes == nil)
  }

  @Test("unquantised weights take what they take on disk, and a little for what becomes float32")
  func weightsAsShipped() throws {
    let bytes = try need("InternVL3-8B", .exact).weightBytes
    #expect(bytes > 15_888_000_000)
    #expect(bytes < 15_900_000_000)
  }

  @Test("the key/value cache keeps the key/value heads only")
  func groupedQueries() throws {
    // 8B: 2 (keys, values) × 28 layers × 4 heads × 128 values × 4 bytes × 8192 tokens.
    #expect(
      try need("InternVL3-8B", .exact).cacheBytes == 2 * 28 * 4 * 128 * 4 * 8192)
    // 9B, 16-bit cache: 48 layers × 2 heads × 2 × (128 values × 2 bytes, and a scale) × 8192 tokens.
    let row = 2 * (128 * 2 + 4)
    #expect(
      try need("InternVL3-9B-AWQ", .fast).cacheBytes == 48 * 2 * row * 8192)
  }

  @Test("the cache grows with the context, the weights do not")
  func context() throws {
    let short = try need("InternVL3-2B", .exact, context: 1024)
    let long = try need("InternVL3-2B", .exact, context: 32768)
    #expect(long.cacheBytes == 32 * short.cacheBytes)
    #expect(long.weightBytes == short.weightBytes)
  }

  @Test("quantised models need less than half of what unquantised ones need")
  func quantised() throws {
    for size in [8, 9, 14, 38, 78] {
      let awq = try need("InternVL3-\(size)B-AWQ", .fast).totalBytes
      let pytorch = try need("InternVL3-\(size)B", .exact).totalBytes
      #expect(awq * 2 < pytorch)
    }
  }
}
