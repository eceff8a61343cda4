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
  private let loading: Double
  /// Every measurement of the machine's limits so far.
  private var limits: [MachineLimits] = []

  /// Loads the model; the time that takes is the first measure.
  init(_ options: BenchCommand) throws {
    self.options = options
    let prompts = options.prefill.values
    let context =
      max(prompts.max() ?? 0, (options.depth.values.max() ?? 0) + Self.decodeSteps, 64)
      + Self.decodeSteps
    let started = ContinuousClock.now
    model = try VisionLanguageModel(
      folder: URL(filePath: options.modelPath),
      options: ModelOptions(
        precision: options.precision, threads: options.threads, contextLength: context,
        sequences: options.batch.values.max() ?? 1, packedWeights: PackedCache.folder()))
    loading = started.seconds
  }

  func run() -> [Row] {
    // Everything once: caches are warm, and the peak does not count the measuring of limits.
    model.benchmarkTile()
    if let longest = options.prefill.values.max() {
      model.benchmarkPrefill(longest, into: model.benchmarkSequences(count: 1, depth: 0))
    }
    let peak = Row("peak resident memory", peakMegabytes, "MB")
    let stages =
      [Row("tile", seconds { model.benchmarkTile() }, "s")]
      + options.prefill.values.map { prefill($0) }
      + options.depth.values.map { decode(count: 1, depth: $0) }
      + options.batch.values.filter { $0 > 1 }.map { decode(count: $0, depth: 0) }
    return [Row("load", loading, "s")] + limitRows + stages + [peak]
  }

  private var limitRows: [Row] {
    if limits.isEmpty { return [] }
    return [
      Row("limit: memory read", median(limits.map(\.readBytes)) / 1e9, "GB/s"),
      Row("limit: int8", median(limits.map(\.int8Operations)) / 1e9, "Gop/s"),
      Row("limit: float32", median(limits.map(\.floatOperations)) / 1e9, "Gop/s"),
    ]
  }

  private func prefill(_ count: Int) -> Row {
    let sequences = model.benchmarkSequences(count: 1, depth: 0)
    let isFast = model.precision == .fast
    let (time, peak) = secondsAndLimit(isFast ? \.int8Operations : \.floatOperations) {
      model.benchmarkPrefill(count, into: sequences)
    }
    let operations = 2 * Double(model.prefillMultiplyAdds) * Double(count)
    return Row(
      "prefill \(count)", Double(count) / time, "tokens/s",
      shareOfLimit: operations / time / peak)
  }

  private func decode(count: Int, depth: Int) -> Row {
    let sequences = model.benchmarkSequences(count: count, depth: depth)
    let (time, readBytes) = secondsAndLimit(\.readBytes) {
      sequences.truncate(to: depth)
      model.benchmarkDecode(sequences, steps: Self.decodeSteps)
    }
    let rate = Double(count * Self.decodeSteps) / time
    let isPlain = count == 1 && depth == 0
    return Row(
      count == 1 ? "decode at \(depth)" : "decode of \(count) together", rate, "tokens/s",
      shareOfLimit: isPlain ? rate * Double(model.decodeBytes) / readBytes : nil)
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
      return started.seconds
    }
    return median(times)
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private var peakMegabytes: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
  }
}

extension ContinuousClock.Instant {
  /// Seconds since this instant.
  fileprivate var seconds: Double { (ContinuousClock.now - self) / .seconds(1) }
}
