import InternVL
import OpenAIMessages

/// Chat completions in pieces.
struct ChatStream: StreamFormat {
  static let contentType = ServerSentEvents.contentType

  let head: AnswerHead
  let delivery: Delivery

  func beginning() -> [UInt8] {
    (0..<delivery.count).flatMap { ServerSentEvents.event(ChatChunk.role(head, index: $0)) }
  }

  func thought(_ text: String, index: Int) -> [UInt8] {
    ServerSentEvents.event(ChatChunk.thought(head, index: index, text))
  }

  func text(_ text: String, index: Int, choices: [TokenChoice]) -> [UInt8] {
    ServerSentEvents.event(ChatChunk.text(head, index: index, text, choices: choices))
  }

  func end(of reply: Reply, index: Int, choices: [TokenChoice]) -> [UInt8] {
    ServerSentEvents.event(
      ChatChunk.end(head, index: index, reply.finishReason, choices: choices))
  }

  func ending(_ replies: [Reply]) -> [UInt8] {
    (delivery.includesUsage ? ServerSentEvents.event(ChatChunk.usage(head, replies)) : [])
      + ServerSentEvents.done
  }
}
