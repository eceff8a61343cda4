import InternVL
import OpenAIMessages
import Testing

@Suite("Requests as values")
struct RequestTests {
  private let messages = #""messages": [{"role": "user", "content": "Hi"}]"#

  @Test("a chat request's parameters are the options of its answers")
  func parameters() throws {
    let request = try ChatRequest(
      Array(
        """
        {\(messages), "model": "m", "temperature": 0.5, "top_p": 0.25, "top_k": 7, "min_p": 0.125,
         "frequency_penalty": 1, "presence_penalty": -1, "repetition_penalty": 1.5, "seed": -3,
         "max_tokens": 5, "max_completion_tokens": 9, "stop": ["a", "b"], "n": 2,
         "logprobs": true, "top_logprobs": 4, "stream": true,
         "stream_options": {"include_usage": true}}
        """.utf8))
    #expect(request.model == "m")
    #expect(request.options.temperature == 0.5)
    #expect(request.options.topP == 0.25)
    #expect(request.options.topK == 7)
    #expect(request.options.minP == 0.125)
    #expect(request.options.frequencyPenalty == 1)
    #expect(request.options.presencePenalty == -1)
    #expect(request.options.repetitionPenalty == 1.5)
    #expect(request.options.seed == UInt64(bitPattern: -3))
    #expect(request.options.maxTokens == 9)
    #expect(request.options.stop == ["a", "b"])
    #expect(request.options.logprobs == 4)
    #expect(request.delivery.count == 2)
    #expect(request.delivery.isStreamed && request.delivery.includesUsage)
  }

  @Test("what is left out is greedy, in one answer of 1024 tokens at most")
  func defaults() throws {
    let request = try ChatRequest(Array("{\(messages)}".utf8))
    #expect(request.model == nil)
    #expect(request.options.temperature == 0)
    #expect(request.options.maxTokens == 1024)
    #expect(request.options.logprobs == nil)
    #expect(request.delivery == Delivery())
  }

  @Test("the developer's message is the system's")
  func developer() throws {
    let request = try ChatRequest(
      Array(
        #"{"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}"#
          .utf8))
    #expect(request.conversation.messages[0].role == .system)
  }

  @Test("a response's input is a text or messages, behind its instructions")
  func responses() throws {
    let text = try ResponsesRequest(
      Array(#"{"input": "Hi", "instructions": "Be brief.", "max_output_tokens": 3}"#.utf8))
    #expect(text.conversation.messages.map(\.role) == [.system, .user])
    #expect(text.options.maxTokens == 3)
    let parts = try ResponsesRequest(
      Array(
        """
        {"input": [{"type": "message", "role": "user", "content": [
          {"type": "input_image", "image_url": "data:image/png;base64,AQID"},
          {"type": "input_text", "text": "What?"}]}]}
        """.utf8))
    #expect(parts.conversation.pictures == [.inline([1, 2, 3])])
    #expect(parts.conversation.messages[0].parts == [.image, .text("\nWhat?")])
    #expect(throws: RequestFault.self) {
      try ResponsesRequest(Array(#"{"input": "Hi", "previous_response_id": "x"}"#.utf8))
    }
  }

  @Test("ollama's pictures stand in front of their message, and its options have its names")
  func ollama() throws {
    let request = try OllamaRequest(
      chat: Array(
        """
        {"model": "m", "messages": [{"role": "user", "content": "What?", "images": ["AQID"]}],
         "stream": false, "keep_alive": "5m",
         "options": {"num_predict": 7, "repeat_penalty": 1.25, "stop": ["x"], "num_ctx": 4096}}
        """.utf8))
    #expect(request.conversation?.pictures == [.inline([1, 2, 3])])
    #expect(request.conversation?.messages[0].parts == [.image, .text("\nWhat?")])
    #expect(request.options.maxTokens == 7)
    #expect(request.options.repetitionPenalty == 1.25)
    #expect(request.options.stop == ["x"])
    #expect(!request.isStreamed)
    #expect(request.keepAlive == .seconds(300))
    let endless = try OllamaRequest(
      generate: Array(#"{"model": "m", "prompt": "Hi", "options": {"num_predict": -1}}"#.utf8))
    #expect(endless.options.maxTokens == Int.max)
    #expect(endless.isStreamed)
    #expect(try OllamaRequest(generate: Array(#"{"model": "m"}"#.utf8)).conversation == nil)
  }

  @Test(
    "durations are read as ollama's clients write them",
    arguments: [
      ("90", KeepAlive.seconds(90)), ("5m", .seconds(300)), ("1h30m", .seconds(5400)),
      ("500ms", .seconds(0.5)), ("0", .seconds(0)), ("-1", .forever), ("-1m", .forever),
    ])
  func durations(text: String, expected: KeepAlive) { #expect(KeepAlive(text) == expected) }

  @Test("what is no duration is refused", arguments: ["", "m", "5x", "5m3", "nan", "--1"])
  func notDurations(text: String) { #expect(KeepAlive(text) == nil) }
}
