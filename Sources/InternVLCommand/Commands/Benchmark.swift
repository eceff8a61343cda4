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
  private static let decodeSteps = 16

  private let options: BenchCommand
  private let model: VisionLanguageModel
  private let launches: [Row]
  /// Made when memory has been measured: it takes a gigabyte.
  private lazy var limitMeter = model.limitMeter()
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
    let checkpoint = try ModelCheckpoint(path: options.modelPath)
    func load(packedWeights: URL?) throws -> (VisionLanguageModel, seconds: Double) {
      let started = ContinuousClock.now
      var modelOptions = ModelOptions(
        precision: options.precision, threads: options.threads, contextLength: context,
        sequences: options.batch.values.max() ?? 1, packedWeights: packedWeights)
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
    launches = [Row("launch, packing", first, "s"), Row("launch, packed before", later, "s")]
  }

  func run() -> [Row] {
    let memory = memory()
    let prompts = model.benchmarkSequences(count: 1, depth: 0)
    // Batches one after the other: together they would hold many caches.
    let measured =
      measure(arithmeticLimit, [tile])
      + measure(arithmeticLimit, options.prefill.values.map { prefill($0, into: prompts) })
      + measure(
        \.readBytes,
        options.depth.values.map { decode(count: 1, depth: $0) }
          + (options.depth.values.first.map { [sampling($0, topK: 50), sampling($0, topK: 0)] }
            ?? [])
      )
      + options.batch.values.filter { $0 > 1 }.flatMap {
        measure(\.readBytes, [decode(count: $0, depth: 0)])
      }
    return launches + memory + limitRows + measured + mixedPasses
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

  /// Something that is run and timed.
  private struct Stage {
    let measure: String
    /// How many tokens a run computes; nil where its seconds are the value.
    var tokens: Int?
    /// The bytes or operations of a run that its limit counts.
    let work: Double
    let run: () -> Void
  }

  /// The limit that bounds products of many rows.
  private var arithmeticLimit: KeyPath<MachineLimits, Double> {
    model.precision == .fast ? \.int8Operations : \.floatOperations
  }

  private var tile: Stage {
    Stage(measure: "tile", work: 2 * Double(model.tileMultiplyAdds), run: model.benchmarkTile)
  }

  private func prefill(_ count: Int, into sequences: BenchmarkSequences) -> Stage {
    let operations = 2 * Double(model.prefillMultiplyAdds) * Double(count)
    return Stage(measure: "prefill \(count)", tokens: count, work: operations) { [model] in
      model.benchmarkPrefill(count, into: sequences)
    }
  }

  private func decode(count: Int, depth: Int) -> Stage {
    let sequences = model.benchmarkSequences(count: count, depth: depth)
    let steps = Self.decodeSteps
    let name = count == 1 ? "decode at \(depth)" : "decode of \(count) together"
    let bytes = Double(model.decodeBytes(sequences) * steps)
    return Stage(measure: name, tokens: count * steps, work: bytes) { [model] in
      sequences.truncate(to: depth)
      model.benchmarkDecode(sequences, steps: steps)
    }
  }

  /// Decoding that draws its tokens; its share of the limit counts the bytes of greedy decoding.
  private func sampling(_ depth: Int, topK: Int) -> Stage {
    let sequences = model.benchmarkSequences(count: 1, depth: depth)
    let steps = Self.decodeSteps
    let options = GenerationOptions(temperature: 1, topP: 0.95, topK: topK, seed: 1)
    let bytes = Double(model.decodeBytes(sequences) * steps)
    return Stage(measure: "decode at \(depth), top-k \(topK)", tokens: steps, work: bytes) {
      [model] in
      sequences.truncate(to: depth)
      model.benchmarkDecode(sequences, steps: steps, options: options)
    }
  }

  /// A step of four answers, a piece of a prompt, and both in one pass: how much each slows the other.
  private var mixedPasses: [Row] {
    let (count, depth) = (4, 256)
    guard options.batch.values.contains(where: { $0 >= count }) else { return [] }
    let answers = model.benchmarkSequences(count: count, depth: depth)
    let prompt = model.benchmarkSequences(count: 1, depth: 0)
    func stage(_ name: String, tokens: Int, _ run: @escaping () -> Void) -> Stage {
      let operations = 2 * Double(model.prefillMultiplyAdds * tokens)
      return Stage(measure: name, work: operations) {
        answers.truncate(to: depth)
        run()
      }
    }
    let piece = VisionLanguageModel.benchmarkPieceTokens
    return measure(
      arithmeticLimit,
      [
        stage("pass of \(count) answers", tokens: count) { [model] in
          model.benchmarkPass(answers, piece: nil)
        },
        stage("pass of \(piece) of a prompt", tokens: piece) { [model] in
          model.benchmarkPass(nil, piece: prompt)
        },
        stage("pass of both", tokens: count + piece) { [model] in
          model.benchmarkPass(answers, piece: prompt)
        },
      ])
  }

  /// Runs stages in turn, several times, after one round that is not counted.
  ///
  /// On a shared machine limits change from second to second. So each run is held against the limit as
  /// measured just before and after it, and stages that are given together run side by side.
  private func measure(_ limit: KeyPath<MachineLimits, Double>, _ stages: [Stage]) -> [Row] {
    for stage in stages { stage.run() }
    var seconds = [[Double]](repeating: [], count: stages.count)
    var shares = seconds
    var before = measureLimits()[keyPath: limit]
    for _ in 0..<Self.repetitions {
      for (index, stage) in stages.enumerated() {
        let started = ContinuousClock.now
        stage.run()
        let time = started.elapsed
        let after = measureLimits()[keyPath: limit]
        seconds[index].append(time)
        shares[index].append(stage.work / time / ((before + after) / 2))
        before = after
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
