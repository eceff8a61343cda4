import Foundation
import InternVL
import Kernels

/// Runs the stages of a model often enough to quote a median.
struct Benchmark {
  /// One measured stage.
  struct Row: Encodable {
    let measure: String
    let value: Double
    let unit: String
    /// The share of the limit that bounds the stage, where one does.
    let shareOfLimit: Double?

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

  init(_ options: BenchCommand) { self.options = options }

  func run() throws -> [Row] {
    let prompts = numbers(options.prefill)
    let depths = numbers(options.depth)
    let batches = numbers(options.batch)
    let context =
      max(prompts.max() ?? 0, (depths.max() ?? 0) + Self.decodeSteps, 64) + Self.decodeSteps
    let started = ContinuousClock.now
    let model = try VisionLanguageModel(
      folder: URL(filePath: options.modelPath),
      options: ModelOptions(
        precision: options.precision, threads: options.threads, contextLength: context,
        sequences: batches.max() ?? 1, packedWeights: PackedCache.folder()))
    var rows = [Row(measure: "load", value: started.seconds, unit: "s", shareOfLimit: nil)]
    let limits = model.measureLimits()
    rows += [
      limit("limit: memory read", limits.readBytes / 1e9, "GB/s"),
      limit("limit: int8", limits.int8Operations / 1e9, "Gop/s"),
      limit("limit: float32", limits.floatOperations / 1e9, "Gop/s"),
      Row(measure: "tile", value: tile(model), unit: "s", shareOfLimit: nil),
    ]
    let peak = model.precision == .fast ? limits.int8Operations : limits.floatOperations
    rows += prompts.map { prefill(model, $0, peak: peak) }
    rows += depths.map { decode(model, count: 1, depth: $0, readBytes: limits.readBytes) }
    rows += batches.map { decode(model, count: $0, depth: 0, readBytes: limits.readBytes) }
    rows.append(
      Row(measure: "peak resident memory", value: peakMegabytes, unit: "MB", shareOfLimit: nil))
    return rows
  }

  private func limit(_ name: String, _ value: Double, _ unit: String) -> Row {
    Row(measure: name, value: value, unit: unit, shareOfLimit: nil)
  }

  private func tile(_ model: VisionLanguageModel) -> Double {
    seconds { model.benchmarkTile() }
  }

  private func prefill(_ model: VisionLanguageModel, _ count: Int, peak: Double) -> Row {
    let sequences = model.benchmarkSequences(count: 1, depth: 0)
    let time = seconds { model.benchmarkPrefill(count, into: sequences) }
    let operations = 2 * Double(model.prefillMultiplyAdds) * Double(count)
    return Row(
      measure: "prefill \(count)", value: Double(count) / time, unit: "tokens/s",
      shareOfLimit: operations / time / peak)
  }

  private func decode(
    _ model: VisionLanguageModel, count: Int, depth: Int, readBytes: Double
  ) -> Row {
    let sequences = model.benchmarkSequences(count: count, depth: depth)
    let time = seconds {
      sequences.truncate(to: depth)
      model.benchmarkDecode(sequences, steps: Self.decodeSteps)
    }
    let rate = Double(count * Self.decodeSteps) / time
    let isPlain = count == 1 && depth == 0
    return Row(
      measure: count == 1 ? "decode at \(depth)" : "decode of \(count) together", value: rate,
      unit: "tokens/s",
      shareOfLimit: isPlain ? rate * Double(model.decodeBytes) / readBytes : nil)
  }

  /// The median time of a stage, after one run that is not counted.
  private func seconds(_ stage: () -> Void) -> Double {
    stage()
    let times = (0..<Self.repetitions).map { _ in
      let started = ContinuousClock.now
      stage()
      return started.seconds
    }
    return times.sorted()[Self.repetitions / 2]
  }

  private func numbers(_ list: String) -> [Int] {
    list.split(separator: ",").compactMap { Int($0) }
  }

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
