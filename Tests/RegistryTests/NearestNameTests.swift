import Testing

@testable import Registry

@Suite("Guessing the name that was meant")
struct NearestNameTests {
  private static let models: [String] = {
    let sizes = ["1B", "2B", "8B", "9B", "14B", "38B", "78B"]
    return sizes.flatMap { ["InternVL3-\($0)", "InternVL3-\($0)-AWQ"] } + ["InternVL3-Demo"]
  }()

  @Test(
    "a slip, other separators and more words lead to the model",
    arguments: [
      ("8b-awk", "InternVL3-8B-AWQ"), ("8B_AWQ", "InternVL3-8B-AWQ"), ("demo", "InternVL3-Demo"),
      ("InternVL3-8B-Instruct", "InternVL3-8B"), ("InterVL3-78B", "InternVL3-78B"),
      ("OpenGVLab/InternVL3_14B", "InternVL3-14B"), ("InternVL3-8B-AWQ-GGUF", "InternVL3-8B-AWQ"),
      ("intrenvl3-2b-awq", "InternVL3-2B-AWQ"),
    ])
  func models(written: String, name: String) {
    #expect(NearestName.of(written, among: Self.models, allowsMoreWords: true) == name)
  }

  @Test(
    "nothing is guessed where it would be a guess", arguments: ["llama-8b", "qwen", "7b", "a", ""])
  func none(written: String) {
    #expect(NearestName.of(written, among: Self.models, allowsMoreWords: true) == nil)
  }

  @Test(
    "options are guessed by their words",
    arguments: [
      ("size", "size-in-billions"), ("name", "model-name"), ("temprature", "temperature"),
      ("promt", "prompt"), ("vido", "video"), ("sive", nil),
      ("model", nil), ("bogus", nil), ("video-frames", nil),
    ] as [(String, String?)])
  func options(written: String, name: String?) {
    let options = [
      "model-name", "size-in-billions", "model-format", "video", "prompt", "temperature", "json",
      "frames",
    ]
    #expect(NearestName.of(written, among: options) == name)
  }
}
