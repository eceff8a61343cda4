import Dispatch
import Synchronization

/// Answers conversations on a thread of its own, for callers on any thread.
///
/// What crosses between threads is values: a conversation in, a stream of events out. A consumer that does
/// not read, or goes away, holds nobody up. When the last reference goes, what is running ends as
/// cancelled.
public final class GenerationService: Sendable {
  private let inbox = Inbox()

  /// Takes a scheduler over, together with its model.
  public init(_ scheduler: sending Scheduler) {
    // From here on only the queue's thread uses it.
    nonisolated(unsafe) let scheduler = scheduler
    let inbox = inbox
    DispatchQueue(label: "internvl.generation").async { inbox.serve(scheduler) }
  }

  deinit { inbox.post(.stop) }

  /// Answers a conversation.
  ///
  /// The stream ends after `.ended`. Ending the task that reads it, or dropping the stream, cancels the
  /// answer.
  public func answer(
    _ conversation: Conversation, options: GenerationOptions = GenerationOptions()
  ) -> AsyncStream<Scheduler.Event> {
    AsyncStream { continuation in
      let key = inbox.makeKey()
      continuation.onTermination = { [inbox] reason in
        if case .cancelled = reason { inbox.post(.cancel(key)) }
      }
      inbox.post(.answer(key, conversation, options, continuation))
    }
  }
}

/// What callers ask of the thread that generates.
private final class Inbox: Sendable {
  typealias Continuation = AsyncStream<Scheduler.Event>.Continuation

  enum Order: Sendable {
    case answer(Int, Conversation, GenerationOptions, Continuation)
    case cancel(Int)
    case stop
  }

  private let orders = Mutex<[Order]>([])
  private let keys = Atomic<Int>(0)
  private let news = DispatchSemaphore(value: 0)

  func makeKey() -> Int { keys.add(1, ordering: .relaxed).newValue }

  func post(_ order: Order) {
    orders.withLock { $0.append(order) }
    news.signal()
  }

  /// Carries orders out, and steps while there is work, until it is told to stop.
  func serve(_ scheduler: Scheduler) {
    var running: [Int: (id: Scheduler.ID, continuation: Continuation)] = [:]
    while true {
      if scheduler.isIdle { news.wait() }
      let batch = orders.withLock { orders in
        defer { orders = [] }
        return orders
      }
      for order in batch {
        switch order {
        case .answer(let key, let conversation, let options, let continuation):
          do {
            let id = try scheduler.submit(conversation, options: options) { event in
              continuation.yield(event)
              guard case .ended = event else { return }
              running[key] = nil
              continuation.finish()
            }
            running[key] = (id, continuation)
          } catch {
            continuation.yield(.ended(.failure(error)))
            continuation.finish()
          }
        case .cancel(let key):
          if let entry = running[key] { scheduler.cancel(entry.id) }
        case .stop:
          for entry in running.values { scheduler.cancel(entry.id) }
          return
        }
      }
      scheduler.step()
    }
  }
}
