import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Defaults of the user's own")
struct DefaultsTests {
  private let program: CommandTree
  private let folder: TemporaryFolder

  init() throws {
    program = try CommandTree.program()
    folder = try TemporaryFolder()
  }

  private func defaults(_ json: String, environment: [String: String] = [:]) throws -> Defaults {
    try Defaults(file: folder.write(json, to: "config.json").path, environment: environment)
  }

  private func read(_ defaults: Defaults, _ words: String...) throws -> [String] {
    try ArgumentReader(words, program: program, defaults: { defaults }).arguments
  }

  @Test("they stand in front of what is typed, in commands that have the option")
  func order() throws {
    let defaults = try defaults(#"{"max-tokens": 500, "temperature": 0.5, "plain": true}"#)
    #expect(
      try read(defaults, "launch", "--max-tokens", "8") == [
        "launch", "--max-tokens=500", "--temperature=0.5", "--plain", "--max-tokens", "8",
      ])
    #expect(try read(defaults, "pull", "8b") == ["pull", "8b"])
    #expect(try read(defaults, "list") == ["list"])
    var launch = try #require(
      try InternVLCommand.parseAsRoot(read(defaults, "launch", "--max-tokens", "8"))
        as? LaunchCommand)
    #expect(launch.generation.maxTokens == 8 && launch.generation.temperature == 0.5)
    launch = try #require(
      try InternVLCommand.parseAsRoot(read(defaults, "launch")) as? LaunchCommand)
    #expect(launch.generation.maxTokens == 500)
  }

  @Test("a default model is taken where none is named, whichever way")
  func model() throws {
    let defaults = try defaults(#"{"model": "8b-awq"}"#)
    #expect(try read(defaults, "launch") == ["launch", "--model-name=8b-awq"])
    #expect(
      try read(defaults, "caption", "photos") == ["caption", "--model-name=8b-awq", "photos"])
    #expect(
      try read(defaults, "launch", "-i", "a.png", "b.png")
        == ["launch", "--model-name=8b-awq", "-i", "a.png", "--image", "b.png"])
    for words in [
      ["2b"], ["-s", "2"], ["--model-path=x"], ["--model_format", "awq"], ["-n", "2b"],
    ] {
      let read = try ArgumentReader(["launch"] + words, program: program, defaults: { defaults })
      #expect(!read.arguments.contains("--model-name=8b-awq"), "\(words)")
    }
  }

  @Test("a variable of the environment wins over the file")
  func environment() throws {
    let variables = ["XINFERENCE_MODEL_SRC": "huggingface"]
    let defaults = try defaults(#"{"hub": "modelscope"}"#, environment: variables)
    #expect(try read(defaults, "pull") == ["pull"])
    #expect(defaults.text(of: "hub", in: program) == "huggingface")
    #expect(
      try read(Defaults(["hub": .text("modelscope")]), "pull") == ["pull", "--hub=modelscope"])
  }

  @Test("what is built in is shown where nothing else is said")
  func builtIn() {
    let defaults = Defaults()
    let shown = Defaults.names.map { "\($0)=\(defaults.text(of: $0, in: program))" }
    for text in [
      "model=InternVL3", "context-length=8192", "top-k=50, of a server its own", "yes=off",
    ] {
      #expect(shown.contains(text), "\(shown)")
    }
    #expect(!shown.contains { $0.hasSuffix("=") }, "\(shown)")
  }

  @Test("a file that makes no sense is named, with what is wrong")
  func badFile() throws {
    for (json, words) in [
      "[1]": "is no JSON object of settings and their values",
      #"{"max-tokens": [1]}"#:
        "has a wrong value for 'max-tokens': it takes a text, a number, true or false",
      #"{"max-token": 1}"#: "has no use for 'max-token'; did you mean 'max-tokens'?",
    ] {
      let error = #expect(throws: WordError.self) { try defaults(json) }
      #expect(error.map { "\($0)".hasSuffix(words) } ?? false, "\(String(describing: error))")
    }
    #expect(throws: Never.self) {
      try Defaults(file: folder.url.appending(path: "missing").path, environment: [:])
    }
  }

  @Test(
    "a value that makes no sense is named with its file",
    arguments: [
      (#"{"plain": true, "max-tokens": "many"}"#, "max-tokens", "The value 'many' is invalid"),
      (#"{"threads": 2, "temperature": -1}"#, "temperature", "--temperature"),
      (#"{"threads": true}"#, "threads", "it takes a text or a number"),
      (#"{"plain": "yes"}"#, "plain", "it takes true or false"),
    ])
  func badValue(json: String, name: String, reason: String) throws {
    let defaults = try defaults(json)
    let error = #expect(throws: WordError.self) {
      try ArgumentReader(["launch", "8b"], program: program, defaults: { defaults }).parsed()
    }
    let words = error.map { "\($0)" } ?? ""
    #expect(words.contains("config.json' has a wrong value for '\(name)': \(reason)"), "\(words)")
  }

  @Test("a mistake in what was typed is not blamed on the file")
  func typedMistake() throws {
    let defaults = try defaults(#"{"max-tokens": "many"}"#)
    let reader = try ArgumentReader(
      ["launch", "--threads=none"], program: program, defaults: { defaults })
    let error = #expect(throws: (any Error).self) { try reader.parsed() }
    #expect(!(error is WordError), "\(String(describing: error))")
  }

  @Test(
    "help and the version are shown whatever the file holds",
    arguments: ["--help", "-h", "--version"], [#"{"max-tokens": "many"}"#, "no JSON"])
  func help(word: String, file: String) throws {
    try folder.write(file, to: "home/internvl/config.json")
    let result = try Program.run(
      ["launch", word],
      environment: ["XDG_CONFIG_HOME": folder.url.appending(path: "home").path])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  @Test("a model that there is not is named with its file")
  func badModel() throws {
    let home = folder.url.appending(path: "home")
    try folder.write(#"{"model": "llama"}"#, to: "home/internvl/config.json")
    let result = try Program.run(
      ["launch", "-p", "hello"], environment: ["XDG_CONFIG_HOME": home.path])
    #expect(result.status == 2)
    #expect(
      result.errors.contains("config.json' has a wrong value for 'model': "), "\(result.errors)")
  }
}
