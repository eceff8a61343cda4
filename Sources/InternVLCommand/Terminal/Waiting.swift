import Dispatch
import Synchronization

/// Waits on the program's thread for asynchronous work.
enum Waiting {
  /// The work's result, once it is there.
  static func result<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let outcome = Outcome<Value>()
    let ended = DispatchSemaphore(value: 0)
    Task.detached {
      do {
        let value = try await work()
        outcome.result.withLock { $0 = .success(value) }
      } catch {
        outcome.result.withLock { $0 = .failure(error) }
      }
      ended.signal()
    }
    ended.wait()
    guard let result = outcome.result.withLock({ $0 }) else {
      preconditionFailure("asynchronous work ended without a result")
    }
    return try result.get()
  }
}

/// A result on its way from one thread to another.
private final class Outcome<Value: Sendable>: Sendable {
  let result = Mutex<Result<Value, any Error>?>(nil)
}
