import HTTPTypes
import HummingbirdCore
import InternVL
import NIOCore
import OpenAIMessages

/// How answers become the bytes of a stream.
protocol StreamFormat: Sendable {
  /// The stream's media type.
  static var contentType: String { get }

  /// What begins the stream, before anything is generated.
  mutating func beginning() -> [UInt8]
  /// The next piece of what the model thinks before it answers.
  mutating func thought(_ text: String, index: Int) -> [UInt8]
  /// The next piece of an answer's text, and its tokens where they are asked for.
  mutating func text(_ text: String, index: Int, choices: [TokenChoice]) -> [UInt8]
  /// The end of an answer, and the tokens that brought no text.
  mutating func end(of reply: Reply, index: Int, choices: [TokenChoice]) -> [UInt8]
  /// What ends the stream after all answers.
  mutating func ending(_ replies: [Reply]) -> [UInt8]
  /// What ends the stream when something went wrong.
  mutating func failure(_ error: ServerError) -> [UInt8]
}

extension StreamFormat {
  /// Nothing, where there is no place for thoughts.
  func thought(_ text: String, index: Int) -> [UInt8] { [] }

  /// OpenAI's error as an event, and the mark of the end.
  func failure(_ error: ServerError) -> [UInt8] {
    ServerSentEvents.event(error.reply()) + ServerSentEvents.done
  }
}

extension Question {
  /// All answers, once they are complete; ends early when the client goes away.
  func replies(_ client: Client) async throws(ServerError) -> [Reply] {
    let answers = ask()
    let watch = try await Watch(client, cancelling: answers)
    defer {
      watch.end()
      answers.cancel()
    }
    var replies: [Int: Reply] = [:]
    for await event in answers.events {
      guard case .ended(let result) = event.event else { continue }
      replies[event.index] = try Self.reply(result, client)
    }
    return try complete(replies)
  }

  /// The answers as a stream.
  func stream(_ client: Client, as format: some StreamFormat) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: type(of: format).contentType, .cacheControl: "no-cache"],
      body: ResponseBody { writer in
        var format = format
        do {
          try await write(to: &writer, client, as: &format)
        } catch let error as ServerError {
          try await writer.write(ByteBuffer(bytes: format.failure(error)))
        }
        try await writer.finish(nil)
      })
  }

  private func write(
    to writer: inout any ResponseBodyWriter, _ client: Client, as format: inout some StreamFormat
  ) async throws {
    let answers = ask()
    let watch = try await Watch(client, cancelling: answers)
    defer {
      watch.end()
      answers.cancel()
    }
    try await writer.write(ByteBuffer(bytes: format.beginning()))
    var choices = Array(repeating: [TokenChoice](), count: delivery.count)
    var replies: [Int: Reply] = [:]
    for await event in answers.events {
      let index = event.index
      var bytes: [UInt8] = []
      switch event.event {
      case .started: break
      case .chose(let choice): choices[index].append(choice)
      case .thought(let text): bytes = format.thought(text, index: index)
      case .text(let text):
        bytes = format.text(text, index: index, choices: choices[index])
        choices[index] = []
      case .ended(let result):
        let reply = try Self.reply(result, client)
        replies[index] = reply
        bytes = format.end(of: reply, index: index, choices: choices[index])
      }
      if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
    }
    try await writer.write(ByteBuffer(bytes: format.ending(complete(replies))))
  }

  private static func reply(
    _ result: Result<Reply, InternVLError>, _ client: Client
  ) throws(ServerError) -> Reply {
    let reply: Reply
    do throws(InternVLError) {
      reply = try result.get()
    } catch {
      // The client's limit is below the shortest answer that fits its schema.
      if case .shapeTooLong = error { throw .conversation(error) }
      throw .failed(error)
    }
    client.record.note(reply)
    guard reply.finishReason != .cancelled else { throw .stopping }
    return reply
  }

  /// The answers in their order, of which none may be missing.
  private func complete(_ replies: [Int: Reply]) throws(ServerError) -> [Reply] {
    guard replies.count == delivery.count else { throw .gone }
    return replies.sorted { $0.key < $1.key }.map(\.value)
  }
}

/// Cancels answers when the client that waits for them goes away.
private struct Watch {
  private let departure: Departure?
  private let number: Int

  init(_ client: Client, cancelling answers: Answers) async throws(ServerError) {
    do {
      departure = try await client.channel?.departure
    } catch {
      throw .gone
    }
    number = departure?.watch { answers.cancel() } ?? 0
  }

  func end() { departure?.endWatch(number) }
}
