package import Foundation
import Imaging
package import InternVL

/// Whoever finds captions: is given pictures, and finishes them in any order.
package protocol PictureCaptioner: AnyObject {
  /// Whether another picture may be begun.
  var hasRoom: Bool { get }

  /// Takes a picture; `finished` is called once, from `work`, unless `cancel` comes first.
  func begin(_ picture: URL, finished: @escaping (CaptionOutcome) -> Void)

  /// Does the next piece of work.
  ///
  /// - Throws: what is not about one picture, and would befall every other one too.
  func work() throws

  /// Gives up what has begun.
  func cancel()
}

/// Asks a model about several pictures at the same time, and reads the next ones meanwhile.
package final class Captioner: PictureCaptioner {
  /// What every picture is asked.
  package struct Question: Sendable {
    /// The text; `<image>` in it stands for the picture.
    package var prompt: String
    /// What replaces the model's system message.
    package var system: String?
    package var options: GenerationOptions

    package init(prompt: String, system: String? = nil, options: GenerationOptions) {
      self.prompt = prompt
      self.system = system
      self.options = options
    }

    func conversation(about image: Image) -> Conversation {
      Conversation(
        messages: (system.map { [Message(role: .system, content: $0)] } ?? [])
          + [Message(role: .user, content: prompt)],
        images: [image])
    }
  }

  /// A picture that has begun.
  private struct Job {
    let number: Int
    let picture: URL
    let started = ContinuousClock.now
    let finished: (CaptionOutcome) -> Void
  }

  private let scheduler: Scheduler
  private let question: Question
  private let reader: PictureReader
  private let onReply: (URL, Reply) -> Void
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
  ///   - model: answers as many pictures at a time as it has sequences.
  ///   - question: what it is asked about each.
  ///   - describe: the sentence for a picture that could not be captioned.
  ///   - onReply: hears of every answer.
  ///   - read: reads a picture; called on other threads.
  package init(
    _ model: VisionLanguageModel, question: Question,
    describe: @escaping (InternVLError) -> String,
    onReply: @escaping (URL, Reply) -> Void = { _, _ in },
    read: @escaping @Sendable (URL) throws(InternVLError) -> Image
  ) {
    scheduler = Scheduler(model)
    self.question = question
    self.describe = describe
    self.onReply = onReply
    let threads = Processors.count
    limit = model.maximumSequences + threads + 1
    let (configuration, maxTiles) = (model.configuration, question.options.maxTiles)
    reader = PictureReader(threads: threads) { (url) throws(InternVLError) in
      try read(url).cut(for: configuration, maxTiles: maxTiles)
    }
  }

  /// Refuses a question that goes with no picture: it is asked about the smallest one, not answered.
  package func checkQuestion() throws(InternVLError) {
    let smallest = Image(RGBImage(width: 1, height: 1, pixels: [0, 0, 0]))
    _ = try scheduler.reply(
      to: question.conversation(about: smallest), options: question.options,
      isCancelled: { true })
  }

  package var hasRoom: Bool { reading.count + asked.count < limit }

  package func begin(_ picture: URL, finished: @escaping (CaptionOutcome) -> Void) {
    begun += 1
    reading.append(Job(number: begun, picture: picture, finished: finished))
    reader.begin(picture, number: begun)
  }

  package func work() throws {
    while let job = reading.first, let image = reader.take(job.number) {
      reading.removeFirst()
      try ask(job, image)
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

  private func ask(_ job: Job, _ image: Result<Image, InternVLError>) throws(InternVLError) {
    do {
      let conversation = question.conversation(about: try image.get())
      var id: Scheduler.ID?
      id = try scheduler.submit(conversation, options: question.options) { [self] event in
        guard case .ended(let result) = event else { return }
        asked.removeAll { $0 == id }
        take(result, job)
      }
      if let id { asked.append(id) }
    } catch {
      try fail(error, job)
    }
  }

  private func take(_ result: Result<Reply, InternVLError>, _ job: Job) {
    switch result {
    case .failure(let error):
      fault = error
    case .success(let reply):
      guard reply.finishReason != .cancelled else { return }
      onReply(job.picture, reply)
      let isContextFull = reply.notes.contains {
        if case .contextFull = $0 { true } else { false }
      }
      job.finished(
        .caption(
          Caption(
            text: reply.text, finishReason: reply.finishReason.rawValue,
            tokens: reply.tokenIDs.count, seconds: job.started.elapsed,
            fullContext: isContextFull ? scheduler.model.contextLength : nil)))
    }
  }

  /// Records an error that is about this picture alone, so that others may still get captions.
  private func fail(_ error: InternVLError, _ job: Job) throws(InternVLError) {
    switch error {
    case .image(ImagingError.libraryUnusable): throw error
    case .image: job.finished(.failed(describe(error)))
    // By the picture's tiles: with the smallest picture the prompt fits.
    case .promptTooLong: job.finished(.failed(describe(error)))
    default: throw error
    }
  }
}
