import Dispatch
import Synchronization

/// Answers conversations on a thread of its own, for callers on any thread.
///
/// What crosses between threads is values: a conversation in, a stream of events out. A consumer that does
/// not read, or goes away, holds nobody up. When the last reference goes, what is running ends as
/// cancelled.
public final class GenerationService: Sendable {
  /// Turns conversations into prompts of the model.
  package let prompts: PromptBuilder
  /// Conversations that are answered at the same time; the others wait.
  package let maximumSequences: Int
  private let use: CacheUse
  private let inbox = Inbox()
  /// Left when the scheduler and its model are gone.
  private let thread = DispatchGroup()

  /// Takes a scheduler over, together with its model.
  public init(_ scheduler: sending Scheduler) {
    prompts = scheduler.model.prompts
    maximumSequences = scheduler.model.maximumSequences
    use = scheduler.cacheUse
    let owned = Owned(scheduler)
    let (inbox, thread) = (self.inbox, self.thread)
    thread.enter()
    DispatchQueue(label: "internvl.generation").async {
      if let scheduler = owned.take() { inbox.serve(scheduler) }
      thread.leave()
    }
  }

  deinit { inbox.post(.stop) }

  /// The share of the KV caches that is reserved for the answers that are running, from 0 to 1.
  package var cacheUse: Double { use.share }

  /// Answers a conversation.
  ///
  /// The stream ends after `.ended`. Ending the task that reads it, or dropping the stream, cancels the
  /// answer.
  public func answer(
    _ conversation: Conversation, options: GenerationOptions = GenerationOptions()
  ) -> AsyncStream<Scheduler.Event> {
    do {
      let prompt = try prompts.prompt(
        conversation, maxTiles: options.maxTiles, prefill: options.prefill)
      return answer(prompt, options: options)
    } catch {
      return AsyncStream { continuation in
        continuation.yield(.ended(.failure(error)))
        continuation.finish()
      }
    }
  }

  /// Answers a prompt that `prompts` made.
  package func answer(
    _ prompt: Prompt, options: GenerationOptions
  ) -> AsyncStream<Scheduler.Event> {
    AsyncStream { continuation in
      let key = inbox.makeKey()
      continuation.onTermination = { [inbox] reason in
        if case .cancelled = reason { inbox.post(.cancel(key)) }
      }
      inbox.post(.answer(key, prompt, options, continuation))
    }
  }

  /// Cancels everything, and returns when the model is out of memory; what is asked later gets no answer.
  package func stop() async {
    inbox.post(.stop)
    await withCheckedContinuation { continuation in
      thread.notify(queue: .global()) { continuation.resume() }
    }
  }
}

/// A scheduler on its way to the thread that uses it, and at last drops it.
private final class Owned: @unchecked Sendable {
  // Sendable: after `init` only one thread asks for it.
  private var scheduler: Scheduler?

  init(_ scheduler: sending Scheduler) { self.scheduler = scheduler }

  func take() -> Scheduler? { scheduler.take() }
}

/// What callers ask of the thread that generates.
private final class Inbox: Sendable {
  typealias Continuation = AsyncStream<Scheduler.Event>.Continuation

  enum Order: Sendable {
    case answer(Int, Prompt, GenerationOptions, Continuation)
    case cancel(Int)
    case stop
  }

  /// Nil once it is stopped.
  private let orders = Mutex<[Order]?>([])
  private let keys = Atomic<Int>(0)
  private let news = DispatchSemaphore(value: 0)

  func makeKey() -> Int { keys.add(1, ordering: .relaxed).newValue }

  func post(_ order: Order) {
    let isTaken = orders.withLock { orders in
      orders?.append(order)
      return orders != nil
    }
    if isTaken { news.signal() } else { order.refuse() }
  }

  /// Carries orders out, and steps while there is work, until it is told to stop.
  func serve(_ scheduler: Scheduler) {
    var running: [Int: Scheduler.ID] = [:]
    while true {
      if scheduler.isIdle { news.wait() }
      let batch = orders.withLock { orders in
        defer { orders = [] }
        return orders ?? []
      }
      for (index, order) in batch.enumerated() {
        switch order {
        case .answer(let key, let prompt, let options, let continuation):
          do throws(InternVLError) {
            running[key] = try scheduler.submit(prompt, options: options) { event in
              continuation.yield(event)
              guard case .ended = event else { return }
              running[key] = nil
              continuation.finish()
            }
          } catch {
            continuation.yield(.ended(.failure(error)))
            continuation.finish()
          }
        case .cancel(let key):
          if let id = running[key] { scheduler.cancel(id) }
        case .stop:
          running.values.forEach(scheduler.cancel)
          let left = orders.withLock { orders in orders.take() ?? [] }
          (batch[(index + 1)...] + left).forEach { $0.refuse() }
          return
        }
      }
      scheduler.step()
    }
  }
}

extension Inbox.Order {
  /// Ends the stream of an answer that will not come.
  fileprivate func refuse() {
    if case .answer(_, _, _, let continuation) = self { continuation.finish() }
  }
}
