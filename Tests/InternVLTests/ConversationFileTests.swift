import Foundation
import Testing

@testable import InternVL

@Suite("Conversations in JSON")
struct ConversationFileTests {
  private let folder = URL(filePath: "/chats/", directoryHint: .isDirectory)

  private func read(_ json: String) throws(InternVLError) -> ConversationFile {
    try ConversationFile(json: json, file: "chat.json", folder: folder)
  }

  private func paths(_ conversation: ConversationFile) -> [String] {
    conversation.pictures.map { source in
      switch source {
      case .file(let url, _): url.path
      case .inline(let bytes, let name): "\(name): \(bytes)"
      case .pixels: "pixels"
      }
    }
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
    #expect(paths(conversation) == ["/chats/cat.jpg", "/dogs/dog.png"])
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
      paths(conversation)
        == ["/chats/a.png", "/b c.png", "the picture in message 1: [1, 2, 3]"])
  }

  @Test("a bare list and an object mean the same")
  func forms() throws {
    let list = #"[{"role": "user", "content": "hi"}]"#
    #expect(try read(list) == read("{\"messages\": \(list)}"))
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
        #"[{"role": "user", "content": [{"type": "image_url", "image_url": "https://x/y.png"}]}]"#,
        "message 1 has a picture at a web address; download it and give its path"
      ),
      (
        #"[{"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png;base64,@@"}]}]"#,
        "message 1 has a data: URL that is not valid; expected data:image/png;base64,… or the like"
      ),
      (
        #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "a.png"}]}], "images": []}"#,
        "it has both 'images' and image_url parts; use one of them"
      ),
    ]
    for (json, problem) in cases {
      let error = #expect(throws: InternVLError.self, "\(json)") { try read(json) }
      #expect(error?.description == "the conversation 'chat.json' is not valid: \(problem)")
    }
  }
}
