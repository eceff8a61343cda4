import InternVL
import OpenAIMessages

/// Text completions in pieces.
struct CompletionStream: StreamFormat {
  static let contentType = ServerSentEvents.contentType

  let head: AnswerHead
  let delivery: Delivery

  func beginning() -> [UInt8] { [] }

  func text(_ text: String, index: Int, choices: [TokenChoice]) -> [UInt8] {
    ServerSentEvents.event(Completion.piece(head, index: index, text, choices: choices))
  }

  func end(of reply: Reply, index: Int, choices: [TokenChoice]) -> [UInt8] {
    ServerSentEvents.event(
      Completion.piece(head, index: index, "", choices: choices, reason: reply.finishReason))
  }

  func ending(_ replies: [Reply]) -> [UInt8] {
    (delivery.includesUsage ? ServerSentEvents.event(Completion.usage(head, replies)) : [])
      + ServerSentEvents.done
  }
}
