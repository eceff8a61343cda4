import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Engines on several nodes", .enabled(if: FakeEngine.isPresent))
struct NodesProgramTests {
  private let standIn: StandInEngine

  init() throws {
    standIn = try StandInEngine()
    try standIn.addSSH()
  }

  private func launch(_ nodes: String, _ mode: String = "serve", _ arguments: String...) throws
    -> Program.Result
  {
    try Program.run(
      ["launch", "-en", "vLLM", "-p", "What is it?", "--nodes", nodes]
        + (arguments.isEmpty ? ["1b", "-f", "pytorch"] : arguments),
      environment: standIn.environment(mode))
  }

  @Test("all nodes are started, the first one is asked, and all of them end")
  func question() throws {
    let result = try launch("gpu1,gpu2")
    #expect(result.output == "A red circle.\n", "\(result.errors)")
    #expect(result.status == 0)
    #expect(result.errors.contains("internvl: starting ssh -tt "))
    #expect(standIn.hasWorker == false)
    #expect(standIn.hasHeadless == false)
  }

  @Test("a first node that is this machine is started without ssh")
  func head() throws {
    let result = try launch("127.0.0.1,gpu2")
    #expect(result.output == "A red circle.\n", "\(result.errors)")
    #expect(result.errors.contains("internvl: starting VLLM_HOST_IP=127.0.0.1 vllm serve "))
    #expect(standIn.hasHeadless == false)
  }

  @Test("a node that ends by itself ends the launch, and is named with its last words")
  func death() throws {
    let result = try launch("gpu1,gpu2", "worker_dies")
    #expect(result.status == 1)
    #expect(result.errors.contains("  RuntimeError: No CUDA GPUs are available\n"))
    #expect(
      result.errors.contains("vLLM on gpu2 ended with status 1, because it finds no GPU"),
      "\(result.errors)")
    #expect(standIn.hasWorker != true)
  }

  @Test(
    "nodes that differ, or cannot be reached, are named before anything is started",
    arguments: [
      ("gpu1,down", "down cannot be reached by ssh: ssh: connect to host down port 22"),
      ("gpu1,old", "old has vLLM 0.9.2, and gpu1 has 0.32.0; pip install vllm there"),
    ])
  func differing(nodes: String, sentence: String) throws {
    let result = try launch(nodes)
    #expect(result.status == 1)
    #expect(result.errors.contains(sentence), "\(result.errors)")
    #expect(standIn.hasHeadless == nil)
  }

  @Test("a folder has to be the same on all nodes")
  func folder() throws {
    let demo = SharedFixtures.projectRoot.appending(path: "demo/model").path
    let folder = try TemporaryFolder()
    for place in ["same", "other"] {
      let parent = folder.url.appending(path: "it's/\(place)")
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: demo, toPath: parent.appending(path: "model").path)
    }
    let model = folder.url.appending(path: "it's/same/model").path
    let alike = try launch("gpu1,other", "serve", "--model-path", model)
    #expect(alike.output == "A red circle.\n", "\(alike.errors)")
    try folder.write([], to: "it's/other/model/new")
    let differing = try launch("gpu1,other", "serve", "--model-path", model)
    #expect(differing.status == 1)
    #expect(differing.errors.contains("on other has other files than on gpu1"))
  }

  @Test("where no vLLM is, the node is named")
  func missing() throws {
    let folder = try TemporaryFolder()
    let script = SharedFixtures.projectRoot.appending(path: "Tests/TestSupport/stand_in_ssh.sh")
    let ssh = try folder.write(Array(Data(contentsOf: script)), to: "ssh")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: ssh.path)
    let result = try Program.run(
      ["launch", "-en", "vLLM", "1b", "-f", "pytorch", "-p", "x", "--nodes", "gpu1,gpu2"],
      environment: ["PATH": "\(folder.url.path):/usr/bin:/bin"])
    #expect(result.status == 1)
    #expect(result.errors.contains("vLLM is not installed on gpu1"), "\(result.errors)")
  }

  @Test("a dry run prints what each node runs, and asks none")
  func dryRun() throws {
    let result = try launch("gpu1,down", "serve", "1b", "-f", "pytorch", "--dry-run")
    #expect(result.status == 0)
    try expectSnapshot(result.output, "nodes")
  }

  @Test(
    "what goes with several nodes is checked",
    arguments: [
      (
        ["-en", "LMDeploy", "--nodes", "a,b", "--dry-run"],
        "LMDeploy is started on one machine only"
      ),
      (["-en", "vLLM", "--nodes", "a", "--dry-run"], "'a' is invalid for '--nodes"),
      (["-en", "vLLM", "--nodes", "a,b", "--ray-address", "c"], "only one of --nodes and"),
      (["--nodes", "a,b"], "--nodes needs a --model-engine"),
    ])
  func refused(arguments: [String], sentence: String) throws {
    let result = try Program.run(
      ["launch", "1b", "-f", "pytorch", "-p", "x"] + arguments,
      environment: standIn.environment())
    #expect(result.status == 2)
    #expect(result.errors.contains(sentence), "\(result.errors)")
  }
}
