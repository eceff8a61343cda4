import Foundation
import InternVL
import Kernels
import Models

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

  let options: BenchCommand
  let model: VisionLanguageModel
  let requests: BenchmarkRequests
  private let launches: [Row]
  /// Made when memory has been measured: it takes a gigabyte.
  private lazy var limitMeter = model.limitMeter()
  /// Every measurement of the machine's limits so far.
  private var limits: [MachineLimits] = []
  /// How many prompts have a number.
  private var numbers = 0

  /// Loads the model three times: as a first launch, which packs weights (here into memory), once to
  /// have the packed weights on disk, and as a later launch.
  init(_ options: BenchCommand) throws {
    self.options = options
    let lengths = BenchmarkLengths(options)
    let checkpoint = try ModelCheckpoint(path: options.folder())
    func load(packedWeights: URL?) throws -> (VisionLanguageModel, seconds: Double) {
      let started = ContinuousClock.now
      var modelOptions = ModelOptions(
        precision: options.precision, threads: options.threads, contextLength: lengths.context,
        sequences: lengths.sequences, cacheLength: lengths.cache, packedWeights: packedWeights)
      modelOptions.instructionSet = options.instructionSet ?? .best
      let model = try VisionLanguageModel(
        folder: checkpoint.folder, configuration: checkpoint.configuration, options: modelOptions,
        isCancelled: { false }, progress: { _, _ in })
      return (model, started.elapsed)
    }
    let first = try load(packedWeights: nil).seconds
    _ = try load(packedWeights: Environment.packedWeights)
    let (model, later) = try load(packedWeights: Environment.packedWeights)
    self.model = model
    requests = BenchmarkRequests(model)
    launches = [Row("launch, packing", first, "s"), Row("launch, packed before", later, "s")]
  }

  func run() -> [Row] {
    let memory = memory()
    // Depths take turns with sampling, of which ratios are made; batches come one after the other.
    let alone =
      options.depth.values.map { decode(count: 1, depth: $0) }
      + (options.depth.values.first.map {
        [sampling($0, topK: 50), sampling($0, topK: 0), shaped($0)]
      } ?? [])
    let measured =
      measure(arithmeticLimit, [tile])
      + measure(arithmeticLimit, options.prefill.values.map(prefill))
      + measure(\.readBytes, alone)
      + options.batch.values.filter { $0 > 1 }.flatMap {
        measure(\.readBytes, [decode(count: $0, depth: 0)])
      }
    let mixed = options.batch.values.contains { $0 >= BenchmarkLengths.mixedAnswers }
    return launches + memory + limitRows + measured + masks
      + (mixed ? measure(arithmeticLimit, mixedPasses) : [])
  }

  /// A number that no prompt before has, and those after it for the other prompts of a batch.
  func newNumbers(_ count: Int = 1) -> Int {
    numbers += count
    return numbers - count
  }

  /// The peak of one tile and the longest prompt, before limits are measured.
  private func memory() -> [Row] {
    // Makes the kernel count anew (proc_pid_clear_refs(5)); loading is not part of it.
    try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
    model.benchmarkTile()
    requests.add(options.prefill.values.max() ?? 1, number: newNumbers())
    requests.read()
    let cacheBytes = requests.cacheBytes
    requests.end()
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let peak = 1024 * usage.ru_maxrss
    return [
      Row("peak memory", Double(peak) / 1e6, "MB"),
      Row(
        "peak memory above weights and KV",
        Double(peak - model.productBytes - cacheBytes) / 1e6, "MB"),
    ]
  }

  /// How long the masks of answers take that a model could give; none is kept from before.
  private var masks: [Row] {
    var seconds: [Double] = []
    let shape = try? OutputShape(shorthand: "title, tags[], has_people:bool, kind:photo|drawing")
    _ = try? shape?.samples(8, maxTokens: 100, seed: 1, tokenizer: model.tokenizer) {
      seconds.append($0)
    }
    guard let best = seconds.min() else { return [] }
    return [Row("mask of a shape", 1000 * median(seconds), best: 1000 * best, "ms")]
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

  /// Runs stages in turn, several times, after one round that is not counted.
  ///
  /// On a shared machine limits change from second to second. So each run is held against the limit as
  /// measured just before and after it, and stages that are given together run side by side.
  private func measure(_ limit: KeyPath<MachineLimits, Double>, _ stages: [Stage]) -> [Row] {
    for stage in stages {
      stage.prepare()
      stage.run()
      stage.end()
    }
    var seconds = [[Double]](repeating: [], count: stages.count)
    var shares = seconds
    for _ in 0..<Self.repetitions {
      for (index, stage) in stages.enumerated() {
        stage.prepare()
        let work = stage.work()
        let before = measureLimits()[keyPath: limit]
        let started = ContinuousClock.now
        stage.run()
        let time = started.elapsed
        let after = measureLimits()[keyPath: limit]
        stage.end()
        seconds[index].append(time)
        shares[index].append(work / time / ((before + after) / 2))
      }
    }
    return stages.indices.map { row(stages[$0], seconds: seconds[$0], shares: shares[$0]) }
  }

  /// The medians of a stage's runs, and its best.
  private func row(_ stage: Stage, seconds: [Double], shares: [Double]) -> Row {
    let typical = median(seconds), best = seconds.min() ?? 0, share = median(shares)
    guard let tokens = stage.tokens.map(Double.init) else {
      return Row(stage.measure, typical, best: best, "s", shareOfLimit: share)
    }
    return Row(
      stage.measure, tokens / typical, best: tokens / best, "tokens/s", shareOfLimit: share)
  }

  private func measureLimits() -> MachineLimits {
    let now = limitMeter.measure()
    limits.append(now)
    return now
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
