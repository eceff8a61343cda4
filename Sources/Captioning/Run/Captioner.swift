package import Imaging
package import InternVL

/// Whoever finds captions: is given pictures, and finishes them in any order.
package protocol PictureCaptioner: AnyObject {
  /// Whether another picture may be begun.
  var hasRoom: Bool { get }

  /// Takes a picture; `finished` is called once, from `work`, unless `cancel` comes first.
  func begin(_ picture: PictureRequest, finished: @escaping (PictureResult) -> Void)

  /// Does the next piece of work.
  ///
  /// - Throws: what is not about one picture, and would befall every other one too.
  func work() throws

  /// Gives up what has begun.
  func cancel()
}

/// Asks a model about several pictures at the same time, and reads the next ones meanwhile.
package final class Captioner: PictureCaptioner {
  /// A picture that has begun.
  private final class Job {
    let number: Int
    var request: PictureRequest
    let started = ContinuousClock.now
    let finished: (PictureResult) -> Void
    var picture: ReadPicture?
    /// One a prompt, as they come.
    var replies: [Int: Reply] = [:]
    var isFinished = false

    init(
      number: Int, request: PictureRequest, finished: @escaping (PictureResult) -> Void
    ) {
      self.number = number
      self.request = request
      self.finished = finished
    }

    func finish(_ outcome: CaptionOutcome?) {
      guard !isFinished else { return }
      isFinished = true
      finished(picture?.result(outcome) ?? PictureResult(outcome))
    }
  }

  private let scheduler: Scheduler
  private let question: CaptionQuestion
  private let reader: PictureReader
  private let onReply: (CaptionItem, Reply) -> Void
  private let describe: (InternVLError) -> String
  /// Those that are being read, in the order they came.
  private var reading: [Job] = []
  private var asked: [Scheduler.ID] = []
  /// How many pictures may have begun: those that are asked about, and some that are read meanwhile.
  private let limit: Int
  private var begun = 0
  /// What ended an answer and is not about its picture.
  private var fault: InternVLError?

  /// - Parameters:
  ///   - model: answers as many conversations at a time as it has sequences.
  ///   - question: what it is asked about each picture.
  ///   - orientation: whether photos are turned upright.
  ///   - describe: the sentence for a picture that could not be captioned.
  ///   - onReply: hears of every answer.
  package init(
    _ model: VisionLanguageModel, question: CaptionQuestion, orientation: Orientation,
    describe: @escaping (InternVLError) -> String,
    onReply: @escaping (CaptionItem, Reply) -> Void = { _, _ in }
  ) {
    scheduler = Scheduler(model)
    self.question = question
    self.describe = describe
    self.onReply = onReply
    let threads = Processors.count
    limit = model.maximumSequences + threads + 1
    let (configuration, maxTiles) = (model.configuration, question.options.maxTiles)
    reader = PictureReader(threads: threads) { request in
      ReadPicture(request, orientation: orientation) {
        $0.cut(for: configuration, maxTiles: maxTiles)
      }
    }
  }

  /// Refuses a question that goes with no picture: it is asked about the smallest one, not answered.
  package func checkQuestion() throws(InternVLError) {
    let smallest = Image(RGBImage(width: 1, height: 1, pixels: [0, 0, 0]))
    for prompt in question.prompts {
      _ = try scheduler.reply(
        to: question.conversation(prompt.template.filled { _ in "1" }, about: smallest),
        options: question.options, isCancelled: { true })
    }
  }

  package var hasRoom: Bool { reading.count + asked.count < limit }

  package func begin(_ picture: PictureRequest, finished: @escaping (PictureResult) -> Void) {
    begun += 1
    reading.append(Job(number: begun, request: picture, finished: finished))
    reader.begin(picture, number: begun)
  }

  package func work() throws {
    while let job = reading.first, let picture = reader.take(job.number) {
      reading.removeFirst()
      job.picture = picture
      job.request.content = .bytes([])  // which is decoded now, and may be large
      try ask(job, picture)
    }
    if scheduler.isIdle {
      if !reading.isEmpty { reader.wait(seconds: 0.05) }
    } else {
      scheduler.step()
    }
    if let fault { throw fault }
  }

  package func cancel() {
    reading = []
    asked.forEach(scheduler.cancel)
  }

  /// Asks all prompts at once: the first one encodes the picture for the others.
  private func ask(_ job: Job, _ picture: ReadPicture) throws(InternVLError) {
    guard let image = picture.image else { return job.finish(nil) }
    do {
      let conversations = question.conversations(about: try image.get(), picture, job.request)
      for (index, conversation) in conversations.enumerated() {
        var id: Scheduler.ID?
        var text = ""
        var isEndless = false
        id = try scheduler.submit(conversation, options: question.options) { [self] event in
          switch event {
          case .started, .chose, .thought: break
          case .text(let piece):
            text += piece
            // JSON must be whole; only the limit closes it.
            guard question.options.shape == nil, !isEndless, Repetition.isEndless(text), let id
            else { return }
            isEndless = true
            scheduler.cancel(id)
          case .ended(let result):
            asked.removeAll { $0 == id }
            take(result, of: index, job, isEndless: isEndless)
          }
        }
        if let id { asked.append(id) }
      }
    } catch {
      try fail(error, job)
    }
  }

  private func take(
    _ result: Result<Reply, InternVLError>, of prompt: Int, _ job: Job, isEndless: Bool
  ) {
    switch result {
    case .failure(let error):
      fault = error
    case .success(let reply):
      guard isEndless || reply.finishReason != .cancelled else { return }
      onReply(job.request.item, reply)
      job.replies[prompt] = reply
      if job.replies.count == question.prompts.count {
        job.finish(.caption(caption(job.replies, seconds: job.started.elapsed)))
      }
    }
  }

  private func caption(_ replies: [Int: Reply], seconds: Double) -> Caption {
    question.caption(
      question.prompts.indices.compactMap { replies[$0].map(CaptionQuestion.GivenAnswer.init) },
      seconds: seconds, contextLength: scheduler.model.contextLength)
  }

  /// Records an error that is about this picture alone, so that others may still get captions.
  private func fail(_ error: InternVLError, _ job: Job) throws(InternVLError) {
    switch error {
    case .image(ImagingError.libraryUnusable): throw error
    case .image: job.finish(.failed(describe(error)))
    // By the picture's tiles: with the smallest picture the prompt fits.
    case .promptTooLong, .shapeTooLong: job.finish(.failed(describe(error)))
    // By its name or text, which are part of the prompt.
    case _ where !question.isTheSameForAll: job.finish(.failed(describe(error)))
    default: throw error
    }
  }
}
