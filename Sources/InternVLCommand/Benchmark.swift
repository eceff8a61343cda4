import Foundation
import InternVL
import Kernels

/// Runs the stages of a model often enough to quote a median.
final class Benchmark {
  /// One measured stage.
  struct Row: Encodable {
    let measure: String
    let value: Double
    let unit: String
    /// The share of the limit that bounds the stage, where one does.
    let shareOfLimit: Double?

    init(_ measure: String, _ value: Double, _ unit: String, shareOfLimit: Double? = nil) {
      self.measure = measure
      self.value = value
      self.unit = unit
      self.shareOfLimit = shareOfLimit
    }

    enum CodingKeys: String, CodingKey {
      case measure, value, unit
      case shareOfLimit = "share_of_limit"
    }

    /// The row of the table.
    var line: String {
      let share = shareOfLimit.map { String(format: "%5.1f %%", 100 * $0) } ?? ""
      let name = measure.padding(toLength: 32, withPad: " ", startingAt: 0)
      return String(format: "%@ %10.3f %@ %@", name, value, unit, share)
    }
  }

  private static let repetitions = 3
  private static let decodeSteps = 16

  private let options: BenchCommand
  private let model: VisionLanguageModel
  private let launches: [Row]
  /// Every measurement of the machine's limits so far.
  private var limits: [MachineLimits] = []

  /// Loads the model three times: as a first launch, which packs weights (here into memory), once to
  /// have the packed weights on disk, and as a later launch.
  init(_ options: BenchCommand) throws {
    self.options = options
    let prompts = options.prefill.values
    let context =
      max(prompts.max() ?? 0, (options.depth.values.max() ?? 0) + Self.decodeSteps, 64)
      + Self.decodeSteps
    func load(packedWeights: URL?) throws -> (VisionLanguageModel, seconds: Double) {
      let started = ContinuousClock.now
      let model = try VisionLanguageModel(
        folder: URL(filePath: options.modelPath),
        options: ModelOptions(
          precision: options.precision, threads: options.threads, contextLength: context,
          sequences: options.batch.values.max() ?? 1, packedWeights: packedWeights))
      return (model, started.elapsed)
    }
    let first = try load(packedWeights: nil).seconds
    _ = try load(packedWeights: PackedCache.folder())
    let (model, later) = try load(packedWeights: PackedCache.folder())
    self.model = model
    launches = [Row("launch, packing", first, "s"), Row("launch, packed before", later, "s")]
  }

  func run() -> [Row] {
    let memory = memory()
    let stages =
      [tile()]
      + options.prefill.values.map { prefill($0) }
      + options.depth.values.map { decode(count: 1, depth: $0) }
      + options.batch.values.filter { $0 > 1 }.map { decode(count: $0, depth: 0) }
    return launches + memory + limitRows + stages
  }

  /// The peak of one tile and the longest prompt, before limits are measured.
  private func memory() -> [Row] {
    // Makes the kernel count anew (proc_pid_clear_refs(5)); loading is not part of it.
    try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
    model.benchmarkTile()
    let sequences = model.benchmarkSequences(count: 1, depth: options.prefill.values.max() ?? 0)
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let peak = 1024 * usage.ru_maxrss
    return [
      Row("peak memory", Double(peak) / 1e6, "MB"),
      Row(
        "peak memory above weights and KV",
        Double(peak - model.productBytes - sequences.cacheBytes) / 1e6, "MB"),
    ]
  }

  private var limitRows: [Row] {
    if limits.isEmpty { return [] }
    return [
      Row("limit: memory read", median(limits.map(\.readBytes)) / 1e9, "GB/s"),
      Row("limit: int8", median(limits.map(\.int8Operations)) / 1e9, "Gop/s"),
      Row("limit: float32", median(limits.map(\.floatOperations)) / 1e9, "Gop/s"),
    ]
  }

  private func tile() -> Row {
    let (time, peak) = secondsAndLimit(arithmeticLimit) { model.benchmarkTile() }
    return Row(
      "tile", time, "s", shareOfLimit: 2 * Double(model.tileMultiplyAdds) / time / peak)
  }

  /// The limit that bounds products of many rows.
  private var arithmeticLimit: KeyPath<MachineLimits, Double> {
    model.precision == .fast ? \.int8Operations : \.floatOperations
  }

  private func prefill(_ count: Int) -> Row {
    let sequences = model.benchmarkSequences(count: 1, depth: 0)
    let (time, peak) = secondsAndLimit(arithmeticLimit) {
      model.benchmarkPrefill(count, into: sequences)
    }
    let operations = 2 * Double(model.prefillMultiplyAdds) * Double(count)
    return Row(
      "prefill \(count)", Double(count) / time, "tokens/s",
      shareOfLimit: operations / time / peak)
  }

  private func decode(count: Int, depth: Int) -> Row {
    let sequences = model.benchmarkSequences(count: count, depth: depth)
    let bytes = Double(model.decodeBytes(sequences))
    let (time, readBytes) = secondsAndLimit(\.readBytes) {
      sequences.truncate(to: depth)
      model.benchmarkDecode(sequences, steps: Self.decodeSteps)
    }
    let steps = Double(Self.decodeSteps) / time
    return Row(
      count == 1 ? "decode at \(depth)" : "decode of \(count) together",
      Double(count) * steps, "tokens/s", shareOfLimit: steps * bytes / readBytes)
  }

  /// The time of a stage, and the machine's limit as measured just before and after it.
  ///
  /// On a shared machine limits change from minute to minute.
  private func secondsAndLimit(
    _ limit: KeyPath<MachineLimits, Double>, _ stage: () -> Void
  ) -> (seconds: Double, limit: Double) {
    let before = model.measureLimits()
    let time = seconds(stage)
    let after = model.measureLimits()
    limits += [before, after]
    return (time, (before[keyPath: limit] + after[keyPath: limit]) / 2)
  }

  /// The median time of a stage, after one run that is not counted.
  private func seconds(_ stage: () -> Void) -> Double {
    stage()
    let times = (0..<Self.repetitions).map { _ in
      let started = ContinuousClock.now
      stage()
      return started.elapsed
    }
    return median(times)
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
