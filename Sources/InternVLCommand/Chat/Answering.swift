import Foundation
import InternVL
import Models

/// Gets answers from a model and prints them.
struct Answering {
  let loaded: LoadedModel
  let options: GenerationOptions
  let isVerbose: Bool

  /// Answers one conversation.
  func answerOnce(_ conversation: Conversation, asJSON: Bool, dump: URL?) throws {
    if isVerbose { StandardError.say("load         \(Units.seconds(loaded.loadSeconds))") }
    let recorder = dump.map { _ in Recorder() }
    let reply = try answer(
      conversation, by: Scheduler(loaded.model), recorder: recorder, isPrinted: !asJSON)
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
  func answer(
    _ conversation: Conversation, by scheduler: Scheduler, recorder: Recorder? = nil,
    isPrinted: Bool
  ) throws -> Reply {
    let stream = AnswerStream()
    let reply = try Interrupts.cancellable {
      try scheduler.reply(
        to: conversation, options: options, recorder: recorder,
        isCancelled: { Interrupts.isRequested || stream.error != nil },
        onThought: { if isPrinted { stream.printThought($0) } },
        onText: { if isPrinted { stream.print($0) } })
    }
    try stream.finish()
    for note in reply.notes { StandardError.say("internvl: \(Advice.sentence(note))") }
    if isVerbose { reply.timingLines.forEach(StandardError.say) }
    return reply
  }
}
