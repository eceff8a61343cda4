import CoreMetrics
import InternVL
import Metrics

private typealias Histogram = CoreMetrics.Recorder

/// What a server counts of one model, under vLLM's names.
struct ModelMetrics: Sendable {
  private let factory: PrometheusMetrics
  private let labels: [(String, String)]
  private let running: Meter
  private let waiting: Meter
  private let cacheUse: Meter
  private let promptTokens: Counter
  private let generatedTokens: Counter
  private let prefixQueries: Counter
  private let prefixHits: Counter
  private let timeToFirstToken: Histogram
  private let interTokenLatency: Histogram
  private let requestLatency: Histogram
  private let queueTime: Histogram

  init(model: String, factory: PrometheusMetrics) {
    self.factory = factory
    let labels = [("model_name", model)]
    self.labels = labels
    func counter(_ name: String) -> Counter {
      Counter(label: "vllm:\(name)", dimensions: labels, factory: factory)
    }
    func meter(_ name: String) -> Meter {
      Meter(label: "vllm:\(name)", dimensions: labels, factory: factory)
    }
    func seconds(_ name: String) -> Histogram {
      Histogram(
        label: "vllm:\(name)_seconds", dimensions: labels, aggregate: true, factory: factory)
    }
    running = meter("num_requests_running")
    waiting = meter("num_requests_waiting")
    cacheUse = meter("kv_cache_usage_perc")
    promptTokens = counter("prompt_tokens_total")
    generatedTokens = counter("generation_tokens_total")
    prefixQueries = counter("prefix_cache_queries_total")
    prefixHits = counter("prefix_cache_hits_total")
    timeToFirstToken = seconds("time_to_first_token")
    interTokenLatency = seconds("inter_token_latency")
    requestLatency = seconds("e2e_request_latency")
    queueTime = seconds("request_queue_time")
  }

  /// Takes the share of the KV caches that answers have.
  func note(cacheUse share: Double) { cacheUse.set(share) }

  /// Begins to follow an answer, which waits.
  func begin() -> Follower {
    waiting.increment()
    return Follower(metrics: self)
  }

  /// Follows one answer from its submission to its end.
  struct Follower {
    private enum Stage { case waiting, running, ended }

    private let metrics: ModelMetrics
    private let submitted = ContinuousClock.now
    private var latest: ContinuousClock.Instant?
    private var stage = Stage.waiting

    fileprivate init(metrics: ModelMetrics) { self.metrics = metrics }

    /// Takes what happened to the answer.
    mutating func take(_ event: Scheduler.Event) {
      switch event {
      case .started:
        stage = .running
        metrics.waiting.decrement()
        metrics.running.increment()
        metrics.queueTime.record(submitted.elapsed)
      case .chose: break
      case .thought, .text:
        if let latest { metrics.interTokenLatency.record(latest.elapsed) }
        latest = .now
      case .ended(let result):
        if let reply = try? result.get() { metrics.count(reply, seconds: submitted.elapsed) }
      }
    }

    /// Ends the following, whether the answer came to its end or not.
    mutating func end() {
      switch stage {
      case .waiting: metrics.waiting.decrement()
      case .running: metrics.running.decrement()
      case .ended: break
      }
      stage = .ended
    }
  }

  private func count(_ reply: Reply, seconds: Double) {
    guard reply.finishReason != .cancelled else { return }
    promptTokens.increment(by: reply.promptTokenIDs.count)
    generatedTokens.increment(by: reply.tokenIDs.count)
    prefixQueries.increment(by: reply.promptTokenIDs.count)
    prefixHits.increment(by: reply.timings.reusedTokens)
    timeToFirstToken.record(reply.timings.timeToFirstToken)
    requestLatency.record(seconds)
    Counter(
      label: "vllm:request_success_total",
      dimensions: labels + [("finished_reason", reply.finishReason.rawValue)], factory: factory
    ).increment()
  }
}
