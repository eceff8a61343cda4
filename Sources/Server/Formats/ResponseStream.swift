import InternVL
import OpenAIMessages

/// A response as events with names and numbers.
struct ResponseStream: StreamFormat {
  static let contentType = ServerSentEvents.contentType

  private let head: AnswerHead
  private let itemID: String
  private let options: GenerationOptions
  /// Events so far.
  private var count = 0

  init(head: AnswerHead, itemID: String, options: GenerationOptions) {
    self.head = head
    self.itemID = itemID
    self.options = options
  }

  mutating func beginning() -> [UInt8] {
    let response = ResponseReply(head, itemID: itemID, options: options, reply: nil)
    return bytes([
      .response("created", response), .response("in_progress", response),
      .item("added", ResponseReply.Item(itemID, text: nil, isCut: false)),
      .part("added", itemID: itemID, text: ""),
    ])
  }

  mutating func text(_ text: String, index: Int, choices: [TokenChoice]) -> [UInt8] {
    var event = ResponseEvent.content("output_text.delta", itemID: itemID)
    event.delta = text
    return bytes([event])
  }

  mutating func end(of reply: Reply, index: Int, choices: [TokenChoice]) -> [UInt8] {
    var done = ResponseEvent.content("output_text.done", itemID: itemID)
    done.text = reply.text
    let response = ResponseReply(head, itemID: itemID, options: options, reply: reply)
    return bytes(
      [done, .part("done", itemID: itemID, text: reply.text)]
        + response.output.map { ResponseEvent.item("done", $0) } + [
          .response(response.status, response)
        ])
  }

  func ending(_ replies: [Reply]) -> [UInt8] { [] }

  mutating func failure(_ error: ServerError) -> [UInt8] {
    var event = ResponseEvent("error")
    event.code = error.reply().error.type
    event.message = error.description
    return bytes([event])
  }

  private mutating func bytes(_ events: [ResponseEvent]) -> [UInt8] {
    events.flatMap { event in
      var event = event
      event.sequenceNumber = count
      count += 1
      return Array("event: \(event.type)\n".utf8) + ServerSentEvents.event(event)
    }
  }
}
