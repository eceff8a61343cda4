import Engines
import Foundation
import InternVL
import Registry

/// Gets answers from a server and prints them.
struct EndpointAnswering {
  /// What `--json` calls it.
  let engine: String
  let endpoint: Endpoint
  /// The model's name at the server.
  let model: String
  let options: GenerationOptions
  let isVerbose: Bool
  /// What a failure means of an engine that was started.
  var explain: (EndpointError) -> any Error = { $0 }

  /// Answers one conversation.
  func answerOnce(_ conversation: Conversation, asJSON: Bool) throws {
    let reply = try answer(
      EndpointQuestion(
        model: model, messages: conversation.messages,
        pictures: conversation.images.map(EncodedPicture.init), options: options),
      isPrinted: !asJSON, isWrapped: false)
    if asJSON {
      try StandardOutput.write(
        json: EndpointReport(reply, engine: engine, model: model, endpoint: endpoint.address))
    }
    if reply.isCancelled { throw CommandError.interrupted }
  }

  /// Answers, printing the text as it comes; Ctrl-C ends the answer and keeps what there is.
  ///
  /// With `isWrapped`, lines are broken at words on a terminal.
  func answer(
    _ question: EndpointQuestion, isPrinted: Bool, isWrapped: Bool
  ) throws -> EndpointReply {
    let status = StatusLine()
    let stream = AnswerStream(status: status, isWrapped: isWrapped)
    defer { status.clear() }
    status.show("waiting for \(endpoint.address)")
    let reply = try Interrupts.cancellable {
      do {
        return try endpoint.answer(
          question, isCancelled: { Interrupts.isRequested || stream.error != nil },
          onThought: { if isPrinted { stream.printThought($0) } },
          onText: { if isPrinted { stream.print($0) } })
      } catch let error as EndpointError {
        try stream.finish()
        throw explain(error)
      }
    }
    try stream.finish()
    if reply.finishReason == "length", let tokens = reply.usage?.answer {
      StandardError.say(
        "internvl: the answer is cut after \(Units.count(tokens, "token")); raise --max-tokens, or "
          + "the server's context length, for more")
    }
    if isVerbose { reply.timingLines.forEach(StandardError.say) }
    return reply
  }
}

extension EndpointReply {
  /// The lines of `--verbose`.
  fileprivate var timingLines: [String] {
    [
      timeToFirstToken.map { "first token  \(Units.seconds($0))" },
      "answer       \(Units.seconds(seconds))"
        + (usage.map { "  \(Units.count($0.answer, "token"))" } ?? ""),
    ].compactMap(\.self)
  }
}

extension Endpoint {
  /// The server's name for the model that the command line names; its only one where none is named.
  ///
  /// - Throws: `EndpointError`, `RegistryError`, and `CommandError.interrupted`.
  func model(named choice: ModelChoice, argument: String?, in registry: Registry) throws -> String {
    let words = [choice.name, argument].compactMap(\.self)
    let request = try? choice.request(argument: argument, in: registry)
    let known = request.map { request in
      registry.families.flatMap(\.specs).filter(request.allows).map { $0.name.lowercased() }
    }
    let isNamed = !words.isEmpty || choice.size != nil || choice.format != nil
    return try Interrupts.cancellable {
      do {
        return try model(
          wanted: isNamed
            ? words.isEmpty ? "of this size or format" : words.joined(separator: " ") : nil,
          matches: { name in
            let last = name.split(separator: "/").last?.lowercased() ?? name
            return words.contains(name) || known?.contains(last) ?? false
          },
          isCancelled: { Interrupts.isRequested })
      } catch  where Interrupts.isRequested {
        throw CommandError.interrupted
      }
    }
  }
}

/// The object that `launch --json` prints of a server's answer.
///
/// Scripts depend on the names of its fields.
struct EndpointReport: Encodable {
  let engine: String
  let endpoint: String
  let model: String
  let text: String
  let reasoning: String?
  let finishReason: String?
  /// Nil where the server does not tell.
  let usage: ReplyReport.Usage?
  let timings: Times

  enum CodingKeys: String, CodingKey {
    case engine, endpoint, model, text, reasoning, usage, timings
    case finishReason = "finish_reason"
  }

  /// Seconds.
  struct Times: Encodable {
    let firstToken: Double?
    let answer: Double

    enum CodingKeys: String, CodingKey {
      case firstToken = "time_to_first_token_seconds"
      case answer = "answer_seconds"
    }
  }

  init(_ reply: EndpointReply, engine: String, model: String, endpoint: String) {
    self.engine = engine
    self.endpoint = endpoint
    self.model = model
    text = reply.text
    reasoning = reply.reasoning
    finishReason = reply.finishReason
    usage = reply.usage.map {
      ReplyReport.Usage(
        promptTokens: $0.prompt, completionTokens: $0.answer, totalTokens: $0.prompt + $0.answer)
    }
    timings = Times(firstToken: reply.timeToFirstToken, answer: reply.seconds)
  }
}
