import Foundation
import InternVL
import Kernels

/// Runs the stages of a model often enough to quote a median.
final class Benchmark {
  /// One measured stage.
  struct Row: Encodable {
    let measure: String
    /// The median run.
    let value: Double
    /// The fastest run, where there were several.
    let best: Double?
    let unit: String
    /// The share of the limit that bounds the stage, where one does.
    let shareOfLimit: Double?

    init(
      _ measure: String, _ value: Double, best: Double? = nil, _ unit: String,
      shareOfLimit: Double? = nil
    ) {
      self.measure = measure
      self.value = value
      self.best = best
      self.unit = unit
      self.shareOfLimit = shareOfLimit
    }

    enum CodingKeys: String, CodingKey {
      case measure, value, best, unit
      case shareOfLimit = "share_of_limit"
    }

    /// The row of the table.
    var line: String {
      let name = measure.padding(toLength: 32, withPad: " ", startingAt: 0)
      let best = best.map { String(format: ", best %.3f", $0) } ?? ""
      let share = shareOfLimit.map { String(format: ", %.1f %% of the limit", 100 * $0) } ?? ""
      return String(format: "%@ %10.3f %@%@%@", name, value, unit, share, best)
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
    func row(_ name: String, _ unit: String, _ limit: KeyPath<MachineLimits, Double>) -> [Row] {
      let values = limits.map { $0[keyPath: limit] / 1e9 }
      guard let best = values.max() else { return [] }
      return [Row("limit: " + name, median(values), best: best, unit)]
    }
    return row("memory read", "GB/s", \.readBytes) + row("int8", "Gop/s", \.int8Operations)
      + row("float32", "Gop/s", \.floatOperations)
  }

  private func tile() -> Row {
    let runs = measure(arithmeticLimit, work: 2 * Double(model.tileMultiplyAdds)) {
      model.benchmarkTile()
    }
    return Row("tile", runs.median, best: runs.best, "s", shareOfLimit: runs.share)
  }

  /// The limit that bounds products of many rows.
  private var arithmeticLimit: KeyPath<MachineLimits, Double> {
    model.precision == .fast ? \.int8Operations : \.floatOperations
  }

  private func prefill(_ count: Int) -> Row {
    let sequences = model.benchmarkSequences(count: 1, depth: 0)
    let operations = 2 * Double(model.prefillMultiplyAdds) * Double(count)
    let runs = measure(arithmeticLimit, work: operations) {
      model.benchmarkPrefill(count, into: sequences)
    }
    return rate("prefill \(count)", tokens: count, runs)
  }

  private func decode(count: Int, depth: Int) -> Row {
    let sequences = model.benchmarkSequences(count: count, depth: depth)
    let steps = Self.decodeSteps
    let bytes = Double(model.decodeBytes(sequences) * steps)
    let runs = measure(\.readBytes, work: bytes) {
      sequences.truncate(to: depth)
      model.benchmarkDecode(sequences, steps: steps)
    }
    let name = count == 1 ? "decode at \(depth)" : "decode of \(count) together"
    return rate(name, tokens: count * steps, runs)
  }

  private func rate(_ name: String, tokens: Int, _ runs: Runs) -> Row {
    let tokens = Double(tokens)
    return Row(
      name, tokens / runs.median, best: tokens / runs.best, "tokens/s", shareOfLimit: runs.share)
  }

  /// The runs of one stage, in seconds, and the median of what share of the limit each reached.
  private struct Runs {
    let median, best, share: Double
  }

  /// Runs a stage several times, after one run that is not counted.
  ///
  /// Each run is held against the limit as measured just before and after it: on a shared machine
  /// limits change from second to second.
  private func measure(
    _ limit: KeyPath<MachineLimits, Double>, work: Double, _ stage: () -> Void
  ) -> Runs {
    stage()
    var before = measureLimits()[keyPath: limit]
    var seconds: [Double] = []
    var shares: [Double] = []
    for _ in 0..<Self.repetitions {
      let started = ContinuousClock.now
      stage()
      let time = started.elapsed
      let after = measureLimits()[keyPath: limit]
      seconds.append(time)
      shares.append(work / time / ((before + after) / 2))
      before = after
    }
    return Runs(median: median(seconds), best: seconds.min() ?? 0, share: median(shares))
  }

  private func measureLimits() -> MachineLimits {
    let now = model.measureLimits()
    limits.append(now)
    return now
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
