import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("The command line as people write it")
struct ArgumentReaderTests {
  private let program: CommandTree

  init() throws { program = try CommandTree.program() }

  private func read(_ words: String...) throws -> [String] {
    try ArgumentReader(words, program: program).arguments
  }

  private func failure(_ words: [String]) -> WordError? {
    do throws(WordError) {
      _ = try ArgumentReader(words, program: program)
      return nil
    } catch {
      return error
    }
  }

  @Test("what the parser knows passes unchanged")
  func unchanged() throws {
    for words in [
      [], ["--version"], ["help", "launch"], ["launch", "8b-awq", "-p", "x", "--json"],
      ["launch", "--stop", "--max_tokens"], ["cache", "remove", "8b"], ["launch", "--help"],
      ["launch", "--temperature=0.5"], ["---completion", "launch", "--", "x"],
      ["inspect", "tokens", "--model-path", "a", "--", "--b_c"],
      ["--generate-completion-script", "bash"],
    ] {
      #expect(try ArgumentReader(words, program: program).arguments == words)
    }
  }

  @Test("a launch line of xinference is understood")
  func xinference() throws {
    let reader = try ArgumentReader(
      [
        "launch", "--model-engine", "vLLM", "--model_name", "InternVL3", "--size_in_billions", "8",
        "--model-format", "awq", "--quantization", "Int4", "--n-gpu", "None", "--replica", "1",
        "--model-type", "LLM", "--download_hub", "modelscope", "--max-new-tokens=64", "-u", "vl",
      ], program: program)
    #expect(
      reader.arguments == [
        "launch", "--model-engine", "vLLM", "--model-name", "InternVL3", "--size-in-billions", "8",
        "--model-format", "awq", "--quantization", "Int4", "--n-gpu", "None", "--hub", "modelscope",
        "--max-tokens=64",
      ])
    #expect(
      reader.notes == [
        "the name 'vl' is not used: models go by their own names"
      ])
  }

  @Test(
    "engines of one's own are taken in silence, whatever their case",
    arguments: ["native", "InternVL"])
  func ownEngine(name: String) throws {
    let reader = try ArgumentReader(["serve", "--model_engine=\(name)"], program: program)
    #expect(reader.arguments == ["serve"])
    #expect(reader.notes.isEmpty)
  }

  @Test("words of a server's client mean something to serve, and nothing to launch")
  func server() throws {
    #expect(try read("serve", "-ak", "secret") == ["serve", "--api-key", "secret"])
    #expect(try read("serve", "-ak=secret") == ["serve", "--api-key=secret"])
    let reader = try ArgumentReader(["serve", "8b", "--model-uid", "vl"], program: program)
    #expect(reader.arguments == ["serve", "8b"])
    #expect(reader.notes == ["the name 'vl' is not used: models go by their own names"])
    for option in ["-ak", "--api-key"] {
      #expect(
        failure(["launch", option, "x"])
          == .refused(
            option: option,
            reason: "a key is not taken from the command line; put it into INTERNVL_API_KEY"))
    }
    #expect(try read("launch", "-e", "http://x") == ["launch", "-e", "http://x"])
  }

  @Test("a command that has no engine but its own says so")
  func otherEngine() throws {
    let reader = try ArgumentReader(["serve", "-en", "vLLM"], program: program)
    #expect(reader.arguments == ["serve"])
    #expect(reader.notes == ["vLLM is not used: this program's own CPU runtime answers"])
    #expect(try read("launch", "-en", "vLLM") == ["launch", "-en", "vLLM"])
  }

  @Test("a value may begin with a dash where it cannot be an option")
  func dashes() throws {
    #expect(
      try read("launch", "-p", "- item", "--json") == ["launch", "--prompt=- item", "--json"])
    #expect(try read("launch", "--temperature", "-1") == ["launch", "--temperature=-1"])
    #expect(try read("launch", "-p", "--json") == ["launch", "-p", "--json"])
    #expect(try read("launch", "-p", "-", "8b") == ["launch", "-p", "-", "8b"])
  }

  @Test("words after a picture are pictures where they look like files")
  func pictures() throws {
    #expect(
      try read("launch", "-i", "a.jpg", "b.png", "8b", "c.png")
        == ["launch", "-i", "a.jpg", "--image", "b.png", "8b", "c.png"])
    #expect(
      try read("launch", "--image=a.jpg", "b.jpeg", "InternVL3-8B", "-p", "x")
        == ["launch", "--image=a.jpg", "--image", "b.jpeg", "InternVL3-8B", "-p", "x"])
    #expect(try read("launch", "-i", "-", "8b") == ["launch", "-i", "-", "8b"])
  }

  @Test("the sentences about words that mean nothing here read as recorded")
  func sentences() throws {
    let lines: [[String]] =
      [
        "ls", "rm", "run", "chat", "ps", "registrations", "engine", "terminate", "lanch",
        "photo.jpg",
      ].map { [$0] }
      + [
        ["cache", "lst"], ["launch", "--size", "8"], ["launch", "--promt", "x"],
        ["launch", "--bogus"], ["serve", "--model-engine", "warp"],
        ["serve", "--model-engine"],
        ["launch", "--replica", "2"], ["launch", "--model-type", "embedding"],
        ["serve", "--endpoint", "http://127.0.0.1:9997"],
        ["cache", "list", "--model-engine", "x"],
      ]
    let sentences = try lines.map { "\(try #require(failure($0)))\n" }
    let others: [WordError] = [
      .pathAsModel("models/8b", isFolder: true), .pathAsModel("a.jpg", isFolder: false),
      .notHere(model: "InternVL3-8B"),
    ]
    try expectSnapshot((sentences + others.map { "\($0)\n" }).joined(), "words")
  }
}
