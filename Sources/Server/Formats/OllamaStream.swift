import InternVL
import OpenAIMessages

/// Answers in ollama's form, a line of JSON a piece.
struct OllamaStream: StreamFormat {
  static let contentType = "application/x-ndjson"

  let form: OllamaReply.Form
  let model: String

  func beginning() -> [UInt8] { [] }

  func thought(_ text: String, index: Int) -> [UInt8] {
    line(OllamaReply.piece(form, model: model, date: Timestamp.now, "", thought: text))
  }

  func text(_ text: String, index: Int, choices: [TokenChoice]) -> [UInt8] {
    line(OllamaReply.piece(form, model: model, date: Timestamp.now, text))
  }

  func end(of reply: Reply, index: Int, choices: [TokenChoice]) -> [UInt8] {
    line(OllamaReply.end(form, model: model, date: Timestamp.now, reply, isStreamed: true))
  }

  func ending(_ replies: [Reply]) -> [UInt8] { [] }

  func failure(_ error: ServerError) -> [UInt8] { line(OllamaError(error.description)) }

  private func line(_ value: some Encodable) -> [UInt8] {
    WireJSON.bytes(value) + [UInt8(ascii: "\n")]
  }
}
