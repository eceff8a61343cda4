import InternVL

/// Answers to prompts of made-up tokens, by one scheduler.
///
/// A prompt with another number has another first token, so nothing of it is remembered. With the same
/// number it is the same one again: then only its last piece is read.
final class BenchmarkRequests {
  /// Tokens that each answer has at most.
  static let answerTokens = 18

  private let scheduler: Scheduler
  private var open: [Scheduler.ID] = []

  init(_ model: VisionLanguageModel) { scheduler = Scheduler(model) }

  /// Bytes of the keys and values of the answers.
  var cacheBytes: Int { scheduler.cacheBytes }

  /// Adds a prompt, for the next steps to read.
  func add(_ tokens: Int, number: Int, options: GenerationOptions = GenerationOptions()) {
    var options = options
    options.maxTokens = Self.answerTokens
    options.endsAtStopToken = false
    // One of a thousand tokens: real prompts touch few rows of the embedding too.
    let range = min(1000, scheduler.model.configuration.language.vocabulary)
    let prompt = (0..<tokens).map { Int32((number + $0) % range) }
    open.append(scheduler.submit(tokens: prompt, options: options) { _ in })
  }

  /// Goes on until every prompt is read and its answer begun.
  func read() {
    while scheduler.isReading { scheduler.step() }
  }

  /// Does the next pieces of work.
  func step(_ count: Int = 1) {
    for _ in 0..<count { scheduler.step() }
  }

  /// Ends all answers.
  func end() {
    open.forEach(scheduler.cancel)
    open = []
  }
}
