import CoreMetrics
import Synchronization

/// The values of one metric with one set of labels.
final class Series: CounterHandler, MeterHandler, RecorderHandler, TimerHandler, Sendable {
  enum Kind: String, Sendable { case counter, gauge, histogram }

  private struct Values {
    /// Of a counter or gauge the value, of a histogram the sum.
    var sum = 0.0
    var count = 0
    /// Observations up to each bound.
    var buckets = [Int](repeating: 0, count: Series.bounds.count)
  }

  /// Upper bounds of a histogram's buckets, in seconds.
  static let bounds = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
  ]

  let kind: Kind
  /// `model_name="InternVL3-8B"` and so on, joined by commas.
  let labels: String
  private let values = Mutex(Values())

  init(_ kind: Kind, _ dimensions: [(String, String)]) {
    self.kind = kind
    labels = dimensions.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
  }

  func increment(by amount: Int64) { values.withLock { $0.sum += Double(amount) } }
  func reset() { values.withLock { $0 = Values() } }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { values.withLock { $0.sum = value } }
  func increment(by amount: Double) { values.withLock { $0.sum += amount } }
  func decrement(by amount: Double) { increment(by: -amount) }
  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Double) {
    guard kind == .histogram else { return set(value) }
    values.withLock { values in
      values.sum += value
      values.count += 1
      for index in Self.bounds.indices where value <= Self.bounds[index] {
        values.buckets[index] += 1
      }
    }
  }

  /// The series as Prometheus reads it.
  func lines(_ name: String) -> [String] {
    let values = values.withLock { $0 }
    guard kind == .histogram else { return ["\(name)\(braced(labels)) \(number(values.sum))"] }
    let separator = labels.isEmpty ? "" : ","
    var buckets: [(String, Int)] = []
    for (bound, count) in zip(Self.bounds, values.buckets) {
      buckets.append((number(bound), count))
    }
    buckets.append(("+Inf", values.count))
    return buckets.map { "\(name)_bucket{\(labels)\(separator)le=\"\($0)\"} \($1)" }
      + [
        "\(name)_sum\(braced(labels)) \(number(values.sum))",
        "\(name)_count\(braced(labels)) \(values.count)",
      ]
  }

  private func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

  private func number(_ value: Double) -> String {
    Int(exactly: value).map { String($0) } ?? String(value)
  }

  private static func escaped(_ text: String) -> String {
    text.map { character in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      default: String(character)
      }
    }.joined()
  }
}
