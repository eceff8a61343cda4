import InternVL

/// The answers to one prompt, as they come about side by side.
struct Answers: Sendable {
  /// What happens to one of them.
  struct Event: Sendable {
    /// Which answer, from 0.
    let index: Int
    let event: Scheduler.Event
  }

  let count: Int
  let events: AsyncStream<Event>
  private let continuation: AsyncStream<Event>.Continuation

  /// Asks for `count` answers; with a seed each has a seed of its own.
  ///
  /// What comes is held until it is read, which the length of the answers bounds.
  init(
    to prompt: Prompt, options: GenerationOptions, count: Int, loaded: LoadedService,
    place: Place
  ) {
    self.count = count
    (events, continuation) = AsyncStream.makeStream()
    let left = Countdown(count)
    let tasks = (0..<count).map { [continuation] index in
      var options = options
      options.seed = options.seed.map { $0 &+ UInt64(index) }
      let answer = loaded.service.answer(prompt, options: options)
      return Task {
        var follower = loaded.metrics.begin()
        for await event in answer {
          follower.take(event)
          continuation.yield(Event(index: index, event: event))
        }
        follower.end()
        guard left.isLast() else { return }
        // Whoever reads slowly takes nobody's place.
        place.giveBack()
        continuation.finish()
      }
    }
    continuation.onTermination = { _ in tasks.forEach { $0.cancel() } }
  }

  /// Ends them; the events end without an end of the answers.
  func cancel() { continuation.finish() }
}
