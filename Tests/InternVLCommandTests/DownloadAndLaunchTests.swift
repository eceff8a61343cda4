import Foundation
import TestSupport
import Testing

/// The whole way from a spec to an answer, on a machine that has nothing yet.
@Suite(
  "A launch with an empty cache",
  .enabled(if: SharedFixtures.present && FakeHub.isPresent, "needs the fixtures and python3"))
struct DownloadAndLaunchTests {
  /// A real model's name; the checkpoint that the fake hub serves under it is a tiny one.
  private let repository = "OpenGVLab/InternVL3-1B"
  private let checkpoint = SharedFixtures.url("models/qwen2-bf16")
  private let question = ["-p", "hello", "--max-tokens", "8", "--threads", "1"]

  /// Puts the checkpoint on the fake hub, with a file that running it does not take.
  private func publish() throws {
    var files: [String: [String: String]] = ["modeling_internvl_chat.py": ["text": "import torch"]]
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoint.path) {
      files[name] = ["file": checkpoint.appending(path: name).path]
    }
    _ = try FakeHub.shared.send(["do": "add", "id": repository, "files": files])
  }

  private func log() throws -> [LoggedRequest] {
    try JSONDecoder().decode(
      [LoggedRequest].self, from: FakeHub.shared.send(["do": "log", "in": "\(repository)/"]))
  }

  /// Shows that a command at a terminal says what it would download, and takes a no for an answer.
  private func asks(_ words: [String], environment: [String: String]) throws {
    let other = try TemporaryFolder()
    let command = ([Program.executable.path] + words).map { "'\($0)'" }.joined(separator: " ")
    let session = try TerminalSession(
      command, columns: 120,
      environment: environment.merging(["HOME": other.url.path]) { $1 })
    let screen = try session.wait(for: "[Y/n]")
    #expect(screen.contains("Download 8 files, "), "\(screen)")
    try session.type("n")
    try session.press("Enter")
    #expect(try session.wait(for: "ended with 1").contains("internvl: nothing was downloaded"))
  }

  @Test("downloads, verifies and answers in one command, and again without the network")
  func launch() throws {
    let folder = try TemporaryFolder()
    try publish()
    let expected = try Program.run(["launch", "--model-path", checkpoint.path] + question)
    for (place, name) in ["huggingface": "Hugging Face", "modelscope": "ModelScope"] {
      let home = FileManager.default.temporaryDirectory.appending(path: "launch-\(UUID())")
      defer { try? FileManager.default.removeItem(at: home) }
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      let address = "http://127.0.0.1:\(FakeHub.shared.hubPort)"
      let environment = [
        "HOME": home.path, "XDG_CACHE_HOME": "", "HF_HOME": "", "HF_HUB_OFFLINE": "",
        "HF_ENDPOINT": address, "MODELSCOPE_ENDPOINT": address, "MODELSCOPE_CACHE": "",
        "NO_PROXY": "127.0.0.1",
      ]
      let model = ["--size-in-billions", "1", "--model-format", "pytorch", "--hub", place]
      let launch = ["launch"] + model + question
      // A wrong byte on the way, which only the hash can show.
      _ = try FakeHub.shared.send([
        "do": "fault", "fault": "flip", "at": "cdn", "in": repository, "path": ".safetensors",
        "offset": 4242,
      ])

      let dry = try Program.run(
        ["pull", "1b", "-f", "pytorch", "--hub", place, "--dry-run"], environment: environment)
      #expect(dry.status == 0 && dry.output.contains("kB to download from \(place)"))
      #expect(dry.output.contains("missing   863 kB  model.safetensors\n"))
      let online = try Program.run(launch, environment: environment)
      #expect(online.status == 0, "\(online.errors)")
      #expect(online.output == expected.output)
      #expect(online.errors.contains(" of \(repository) from \(name)"), "\(online.errors)")
      #expect(online.errors.contains("model.safetensors is damaged"), "\(online.errors)")
      #expect(try !log().contains { $0.path.contains(".py") })
      let verified = try Program.run(["cache", "verify"], environment: environment)
      #expect(verified.status == 0 && verified.output.contains("8 files right, 1 never downloaded"))

      if TerminalSession.isPossible {
        let requests = try folder.write(
          #"{"custom_id": "a", "url": "/v1/chat/completions", "body": {}}"#, to: "requests.jsonl"
        ).path
        for words in [
          launch, ["serve", "--port", "0"] + model,
          ["batch", requests, "-o", requests + ".out"] + model,
        ] {
          try asks(words, environment: environment)
        }
      }
      let before = try log().count
      let offline = try Program.run(launch + ["--offline"], environment: environment)
      #expect(offline.status == 0 && offline.output == expected.output, "\(offline.errors)")
      #expect(try log().count == before)
    }
  }
}
