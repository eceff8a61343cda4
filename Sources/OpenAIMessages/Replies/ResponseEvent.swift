import InternVL

/// An event of a streamed response; each kind has some of these values.
package struct ResponseEvent: Encodable, Sendable {
  package let type: String
  package var sequenceNumber = 0
  package var response: ResponseReply?
  package var item: ResponseReply.Item?
  package var itemId: String?
  package var outputIndex: Int?
  package var contentIndex: Int?
  package var part: ResponseReply.Content?
  package var delta: String?
  package var text: String?
  package var code: String?
  package var message: String?

  package init(_ type: String) { self.type = type }

  /// A response that begins, goes on or ends.
  package static func response(_ type: String, _ response: ResponseReply) -> ResponseEvent {
    var event = ResponseEvent("response.\(type)")
    event.response = response
    return event
  }

  /// The only message of a response begins or ends.
  package static func item(_ type: String, _ item: ResponseReply.Item) -> ResponseEvent {
    var event = ResponseEvent("response.output_item.\(type)")
    event.item = item
    event.outputIndex = 0
    return event
  }

  /// Something about the text of the message.
  package static func content(_ type: String, itemID: String) -> ResponseEvent {
    var event = ResponseEvent("response.\(type)")
    event.itemId = itemID
    event.outputIndex = 0
    event.contentIndex = 0
    return event
  }

  /// The text begins, or ends with all of it.
  package static func part(_ type: String, itemID: String, text: String) -> ResponseEvent {
    var event = content("content_part.\(type)", itemID: itemID)
    event.part = ResponseReply.Content(text: text)
    return event
  }
}
