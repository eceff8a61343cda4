import Foundation
import InternVL
import OpenAIMessages
import TestSupport
import Testing

@Suite("Conversations in JSON")
struct ConversationFileTests {
  private func read(_ json: String) throws(ConversationError) -> WrittenConversation {
    try ConversationFile.read(json: json, file: "chat.json")
  }

  @Test("messages with literal placeholders and a list of images")
  func images() throws {
    let conversation = try read(
      """
      {"messages": [{"role": "system", "content": "Be short."},
                    {"role": "user", "content": "<image>\\nWhat is it?"},
                    {"role": "assistant", "content": "A cat."},
                    {"role": "user", "content": "<image> And this?"}],
       "images": ["cat.jpg", "/dogs/dog.png"]}
      """)
    #expect(conversation.messages.map(\.role) == [.system, .user, .assistant, .user])
    #expect(conversation.messages[1].content == "<image>\nWhat is it?")
    #expect(conversation.pictures == [.path("cat.jpg"), .path("/dogs/dog.png")])
  }

  @Test("OpenAI's parts: each picture becomes a placeholder at its place")
  func parts() throws {
    let conversation = try read(
      """
      [{"role": "user", "content": [
         {"type": "text", "text": "First "},
         {"type": "image_url", "image_url": {"url": "a.png", "detail": "low"}},
         {"type": "text", "text": "then "},
         {"type": "image_url", "image_url": "file:///b%20c.png"},
         {"type": "image_url", "image_url": {"url": "data:image/png;base64,AQID"}}]}]
      """)
    #expect(
      conversation.messages
        == [Message(role: .user, content: "First <image>\nthen <image>\n<image>\n")])
    #expect(
      conversation.pictures
        == [.path("a.png"), .file(URL(filePath: "/b c.png")), .inline([1, 2, 3])])
  }

  @Test("a bare list and an object mean the same")
  func forms() throws {
    let list = #"[{"role": "user", "content": "hi"}]"#
    #expect(try read(list) == read("{\"messages\": \(list)}"))
  }

  @Test("a chat that goes on may end with an answer, and with nothing else")
  func answered() throws {
    let question = #"{"role": "user", "content": "hi"}"#
    let answer = #"{"role": "assistant", "content": "Hello."}"#
    let read = { (json: String) throws(ConversationError) in
      try ConversationFile.read(json: json, file: "chat.json", mayEndAnswered: true)
    }
    for json in ["[\(question), \(answer)]", "{\"messages\": [\(question), \(answer)]}"] {
      #expect(try read(json).messages.map(\.role) == [.user, .assistant])
    }
    #expect(
      try read("{\"messages\": [\(question), \(answer)], \"images\": []}").messages.count == 2)
    #expect(try read("[\(question)]").messages.map(\.role) == [.user])
    for json in ["[]", #"[{"role": "system", "content": "Be brief."}]"#] {
      #expect(throws: ConversationError(file: "chat.json", fault: .lastMessageNotUser)) {
        try read(json)
      }
    }
  }

  @Test("what OpenAI's answers hold beside role and content is passed over")
  func answersOfOthers() throws {
    let conversation = try read(
      #"[{"role": "user", "content": "hi", "name": "Ann", "tool_calls": null}]"#)
    #expect(conversation.messages == [Message(role: .user, content: "hi")])
  }

  @Test("faulty conversations are refused with the place")
  func faults() throws {
    let cases: [(String, String)] = [
      ("{", "it is not JSON"),
      ("{}", "messages is missing; expected a list of objects"),
      ("3", "it is 3; expected an object"),
      ("[]", "its last message must have the role 'user'"),
      (#"[{"role": "user"}]"#, "[0].content is missing; expected a text or a list of parts"),
      (
        #"{"messages": [{"role": "user", "content": "x"}], "image": ["a.png"]}"#,
        "image: there is no such key; expected messages and images"
      ),
      (
        #"[{"role": "user", "content": "x", "images": ["a.png"]}]"#,
        "[0].images: there is no such key; expected role and content"
      ),
      (
        #"[{"role": "user", "content": 3}]"#, "[0].content is 3; expected a text or a list of parts"
      ),
      (
        #"[{"role": "tool", "content": "x"}]"#,
        "message 1 has the role 'tool'; expected system, user or assistant"
      ),
      (
        #"[{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]"#,
        "its last message must have the role 'user'"
      ),
      (
        #"[{"role": "user", "content": "x"}, {"role": "system", "content": "y"}, {"role": "user", "content": "z"}]"#,
        "only the first message may have the role 'system'"
      ),
      (
        #"[{"role": "user", "content": [{"type": "input_audio"}]}]"#,
        "message 1 has a part of type 'input_audio'; expected text or image_url"
      ),
      (
        #"[{"role": "user", "content": [{"type": "text"}]}]"#,
        "message 1 has a part of type 'text' without a 'text'"
      ),
      (
        #"[{"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png;base64,@@"}]}]"#,
        "message 1 has a picture whose base64 is not valid"
      ),
      (
        #"[{"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png,abc"}]}]"#,
        "message 1 has a data: URL that is not base64; expected data:image/png;base64,… or the like"
      ),
      (
        #"{"messages": [{"role": "user", "content": "<image>"}], "images": ["data:image/png"]}"#,
        "images has a data: URL without a comma; expected data:image/png;base64,… or the like"
      ),
      (
        #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "a.png"}]}], "images": []}"#,
        "it has both 'images' and image_url parts; use one of them"
      ),
    ]
    for (json, problem) in cases {
      let error = #expect(throws: ConversationError.self, "\(json)") { try read(json) }
      #expect(error?.description == "the conversation 'chat.json' is not valid: \(problem)")
    }
  }

  @Test("<image> in OpenAI's messages is text, beside a picture too")
  func literalPlaceholder() throws {
    let conversation = try read(
      """
      [{"role": "user", "content": "What is <image>?"},
       {"role": "assistant", "content": "A tag."},
       {"role": "user", "content": [{"type": "text", "text": "And <image> here? "},
                                    {"type": "image_url", "image_url": "a.png"}]}]
      """)
    #expect(conversation.messages[0].parts == [.text("What is <image>?")])
    #expect(
      conversation.messages[2].parts == [.text("And <image> here? "), .image, .text("\n")])
  }

  @Test(
    "data: URLs are read as clients write them",
    arguments: [
      "data:image/png;base64,+/7AQIE=", "DATA:IMAGE/PNG;BASE64,+/7AQIE=",
      "data:;base64,+/7AQIE=", "data:image/png;charset=utf-8;base64,+/7AQIE=",
      " data:image/png;base64,+/7A\\r\\nQIE=\\n", "data:image/png;base64, +/7A QIE=",
      "data:image/png;base64,+/7AQIE", "data:image/png;base64,-_7AQIE",
      "data:image/png;base64,%2B%2F7AQIE%3D",
    ])
  func dataURLs(address: String) throws {
    let conversation = try read(
      """
      [{"role": "user", "content": [{"type": "image_url", "image_url": "\(address)"}]}]
      """)
    #expect(conversation.pictures == [.inline([0xFB, 0xFE, 0xC0, 0x40, 0x81])])
  }

  @Test(
    "data: URLs of the field are read, whatever wrote them",
    .enabled(if: SharedFixtures.present),
    arguments: [
      "charset", "crlf76", "leadspace", "mime76", "notype", "ok", "trailnl", "upper", "wrongtype",
    ])
  func fieldCases(name: String) throws {
    let file = SharedFixtures.root.appending(path: "../field-cases/13-data-urls/\(name).json")
    let json = try String(contentsOf: file, encoding: .utf8)
    guard case .inline(let bytes)? = try read(json).pictures.first else {
      Issue.record("no picture")
      return
    }
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }
}
