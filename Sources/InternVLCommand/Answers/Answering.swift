import Foundation
import InternVL
import Models

/// Gets answers from a model and prints them.
struct Answering {
  let loaded: LoadedModel
  let options: GenerationOptions
  let isVerbose: Bool

  /// Answers one conversation.
  func answerOnce(
    _ conversation: Conversation, asJSON: Bool, dump: URL?, pictures: [String] = []
  ) throws {
    if isVerbose { StandardError.say("load         \(Units.seconds(loaded.loadSeconds))") }
    let recorder = dump.map { _ in Recorder() }
    let reply = try answer(
      conversation, by: Scheduler(loaded.model), recorder: recorder, isPrinted: !asJSON,
      pictures: pictures)
    if asJSON {
      try StandardOutput.write(
        json: ReplyReport(
          reply, hasLogprobs: options.logprobs != nil, loadSeconds: loaded.loadSeconds))
    }
    if let dump, let recorder {
      do {
        try recorder.write(to: dump)
      } catch {
        throw InternVLError.dump(error)
      }
    }
    if reply.finishReason == .cancelled { throw CommandError.interrupted }
  }

  /// Answers, printing the text as it comes; Ctrl-C ends the answer and keeps what there is.
  ///
  /// Without `options` it generates as the launch says. With `isWrapped`, lines are broken at words on a
  /// terminal. `pictures` are the names of the conversation's pictures, and `note` gives the sentence of
  /// what the user should know about the answer.
  func answer(
    _ conversation: Conversation, options: GenerationOptions? = nil, by scheduler: Scheduler,
    recorder: Recorder? = nil, isPrinted: Bool, isWrapped: Bool = false, pictures: [String] = [],
    note: (Reply.Note) -> String = Advice.sentence
  ) throws -> Reply {
    let status = StatusLine()
    let stream = AnswerStream(status: status, isWrapped: isWrapped)
    defer { status.clear() }
    let reply = try Interrupts.cancellable {
      try scheduler.reply(
        to: conversation, options: options ?? self.options, recorder: recorder,
        isCancelled: { Interrupts.isRequested || stream.error != nil },
        onWork: { status.show($0, pictures: pictures) },
        onThought: { if isPrinted { stream.printThought($0) } },
        onText: { if isPrinted { stream.print($0) } })
    }
    try stream.finish()
    for fact in reply.notes { StandardError.say("internvl: \(note(fact))") }
    if isVerbose { reply.timingLines.forEach(StandardError.say) }
    return reply
  }
}

extension StatusLine {
  /// Shows what is done before the first word of an answer.
  fileprivate func show(_ work: Scheduler.Work, pictures: [String]) {
    switch work {
    case .picture(let index, let tile, let tiles):
      let name = pictures.indices.contains(index) ? pictures[index] : "picture \(index + 1)"
      show("looking at \(name)", "tile \(tile + 1) of \(tiles)")
    case .prompt(let done, let total):
      show("reading the prompt", "\(100 * done / max(total, 1)) %")
    }
  }
}
