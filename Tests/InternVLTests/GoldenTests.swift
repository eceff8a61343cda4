import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InternVL

@Suite("Answers of the reference implementation", .enabled(if: SharedFixtures.present))
struct GoldenTests {
  @Test("every case of the fixtures is read")
  func complete() {
    #expect(GoldenCase.index.count > 50)
    #expect(GoldenCase.all.count == GoldenCase.index.count)
  }

  @Test(
    "tokens, tiles, text and logits agree in exact precision, with portable C as well",
    arguments: GoldenCase.models, Set([InstructionSet.scalar, .best]))
  func answersAgree(model: String, set: InstructionSet) throws {
    var options = ModelOptions(precision: .exact, threads: 2)
    options.instructionSet = set
    let runtime = try VisionLanguageModel(folder: SharedFixtures.url(model), options: options)
    for golden in GoldenCase.all where golden.model == model {
      let recorder = Recorder()
      let reply = try Scheduler(runtime).reply(
        to: golden.conversation(),
        options: GenerationOptions(
          maxTokens: golden.maximumNewTokens, maxTiles: golden.maximumTiles),
        recorder: recorder)
      let name = Comment(rawValue: golden.testDescription)
      #expect(reply.promptTokenIDs == golden.promptTokens, name)
      #expect(reply.tokenIDs == golden.greedyTokens, name)
      #expect(reply.text == golden.text, name)
      #expect(reply.finishReason.rawValue == golden.finishReason, name)
      #expect(reply.tiles.map { [$0.columns, $0.rows] } == golden.images.map(\.grid), name)
      #expect(reply.tiles.map(\.count) == golden.images.map(\.tiles), name)
      try expectTensorsAgree(recorder, golden)
    }
  }

  @Test("tokens agree where nothing is recorded, too", arguments: GoldenCase.models)
  func unrecordedAnswersAgree(model: String) throws {
    let options = ModelOptions(precision: .exact, threads: 2)
    let runtime = try VisionLanguageModel(folder: SharedFixtures.url(model), options: options)
    for golden in GoldenCase.all where golden.model == model {
      let reply = try Scheduler(runtime).reply(
        to: golden.conversation(),
        options: GenerationOptions(
          maxTokens: golden.maximumNewTokens, maxTiles: golden.maximumTiles))
      #expect(reply.tokenIDs == golden.greedyTokens, Comment(rawValue: golden.testDescription))
    }
  }

  /// Every recorded tensor of the reference agrees within 1e-4 of its largest value.
  ///
  /// Two independent PyTorch implementations differ by up to 3e-5; a tanh GELU or a wrong epsilon
  /// shows as 1e-3.
  private func expectTensorsAgree(_ recorder: Recorder, _ golden: GoldenCase) throws {
    let reference = try SafetensorsFile(SharedFixtures.url(golden.tensors)).tensors
    for (name, expected) in reference where expected.type == .float32 {
      let recorded = name == "logits_first" ? "logits" : name
      guard let actual = recorder.floats(recorded) else {
        // Averages over a tile's tokens have no counterpart in a dump.
        #expect(name == "projector_tile_mean", "\(golden.testDescription) \(name)")
        continue
      }
      let values = try expected.floats()
      #expect(!actual.contains { !$0.isFinite }, "\(golden.testDescription) \(name)")
      #expect(actual.count >= values.count, "\(golden.testDescription) \(name)")
      let scale = values.reduce(0) { max($0, abs($1)) }
      let error = zip(actual, values).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= 1e-4 * scale, "\(golden.testDescription) \(name): \(error / scale)")
    }
  }
}
