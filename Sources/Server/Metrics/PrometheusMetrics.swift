import CoreMetrics
import Synchronization

/// Keeps metrics and writes them in Prometheus's text format.
final class PrometheusMetrics: MetricsFactory, Sendable {
  private let series = Mutex<[String: [Series]]>([:])

  /// All metrics as text.
  var text: String {
    let all = series.withLock { $0 }
    return all.sorted { $0.key < $1.key }.map { name, series in
      (["# TYPE \(name) \(series[0].kind)"] + series.flatMap { $0.lines(name) })
        .map { $0 + "\n" }.joined()
    }.joined()
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    add(label, Series(.counter, dimensions))
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    add(label, Series(.gauge, dimensions))
  }

  /// A distribution, or without `aggregate` the latest value.
  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    add(label, Series(aggregate ? .histogram : .gauge, dimensions))
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    add(label, Series(.histogram, dimensions))
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  /// The series of this name and these labels, a new one where there is none yet.
  private func add(_ name: String, _ new: Series) -> Series {
    series.withLock { series in
      if let known = series[name]?.first(where: { $0.labels == new.labels }) { return known }
      series[name, default: []].append(new)
      return new
    }
  }
}
