/// Generates several conversations together, admitting new ones between decode steps.
///
/// A decode step reads every weight once, however many sequences it serves; that is why batch
/// work goes faster together than one after another.
package final class Scheduler {
  /// A conversation to answer.
  package struct Request {
    package let id: Int
    package let conversation: Conversation
    package let options: GenerationOptions

    package init(id: Int, conversation: Conversation, options: GenerationOptions) {
      self.id = id
      self.conversation = conversation
      self.options = options
    }
  }

  private let model: VisionLanguageModel
  private var idleSequences: [SequenceState] = []
  private var running: [(id: Int, generation: Generation)] = []

  package init(_ model: VisionLanguageModel) { self.model = model }

  /// Runs until `next` has no more requests and every admitted one has ended.
  ///
  /// - Parameters:
  ///   - isCancelled: asked between steps; what is running then ends as cancelled.
  ///   - next: the next request, or nil when there are no more; asked when there is room.
  ///   - finished: called once for every request with its answer or why there is none.
  package func run(
    isCancelled: () -> Bool, next: () -> Request?,
    finished: (_ id: Int, Result<Reply, InternVLError>) -> Void
  ) {
    var hasMore = true
    while true {
      while hasMore, running.count < model.maximumSequences, !isCancelled() {
        guard let request = next() else {
          hasMore = false
          break
        }
        admit(request, isCancelled: isCancelled, finished: finished)
      }
      if isCancelled() {
        for (_, generation) in running { _ = generation.finish(.cancelled) }
      } else if !running.isEmpty {
        _ = model.decode(running.map(\.generation))
      }
      retire(finished)
      if running.isEmpty, !hasMore || isCancelled() { return }
    }
  }

  private func admit(
    _ request: Request, isCancelled: () -> Bool,
    finished: (Int, Result<Reply, InternVLError>) -> Void
  ) {
    do {
      let prompt = try model.makePrompt(request.conversation, maxTiles: request.options.maxTiles)
      let sequence = idleSequences.popLast() ?? model.makeSequence()
      sequence.truncate(to: 0)
      let generation = Generation(
        prompt, options: request.options, sequence: sequence, model: model)
      _ = model.prefill(generation, isCancelled: isCancelled)
      running.append((request.id, generation))
      retire(finished)
    } catch {
      finished(request.id, .failure(error))
    }
  }

  /// Hands over the answers that have ended and takes their caches back.
  private func retire(_ finished: (Int, Result<Reply, InternVLError>) -> Void) {
    let rotary = model.configuration.language.rotary
    for (id, generation) in running where generation.outcome != nil {
      finished(id, Result { () throws(InternVLError) in try generation.reply(rotary: rotary) })
      idleSequences.append(generation.sequence)
    }
    running.removeAll { $0.generation.outcome != nil }
  }
}
