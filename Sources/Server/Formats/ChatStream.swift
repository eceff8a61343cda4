import InternVL
import OpenAIMessages

/// Chat completions in pieces.
struct ChatStream: StreamFormat {
  static let contentType = ServerSentEvents.contentType

  let head: AnswerHead
  let delivery: Delivery
  /// Whether answers call functions; a call comes as a whole.
  let isCall: Bool

  func beginning() -> [UInt8] {
    (0..<delivery.count).flatMap { ServerSentEvents.event(ChatChunk.role(head, index: $0)) }
  }

  func thought(_ text: String, index: Int) -> [UInt8] {
    ServerSentEvents.event(ChatChunk.thought(head, index: index, text))
  }

  func text(_ text: String, index: Int, choices: [TokenChoice]) -> [UInt8] {
    isCall
      ? [] : ServerSentEvents.event(ChatChunk.text(head, index: index, text, choices: choices))
  }

  func end(of reply: Reply, index: Int, choices: [TokenChoice]) -> [UInt8] {
    guard isCall else {
      return ServerSentEvents.event(
        ChatChunk.end(head, index: index, reply.finishReason.rawValue, choices: choices))
    }
    guard let call = ToolCall(reply.text) else {
      return ServerSentEvents.event(
        ChatChunk.text(head, index: index, reply.text, choices: reply.choices))
        + ServerSentEvents.event(
          ChatChunk.end(head, index: index, reply.finishReason.rawValue, choices: []))
    }
    return ServerSentEvents.event(
      ChatChunk.call(head, index: index, call, choices: reply.choices))
      + ServerSentEvents.event(
        ChatChunk.end(head, index: index, ToolCall.finishReason, choices: []))
  }

  func ending(_ replies: [Reply]) -> [UInt8] {
    (delivery.includesUsage ? ServerSentEvents.event(ChatChunk.usage(head, replies)) : [])
      + ServerSentEvents.done
  }
}
