import Checkpoint
import Foundation
import Imaging
import Kernels
import TestSupport
import Testing

@testable import InternVL

/// Large models have a few channels that are a hundred times as large as the others; int8
/// activations must not drown the others in them.
@Suite("Outlier channels in fast precision")
struct OutlierTests {
  /// The demo model with some channels of the activations made 100 times as large.
  private func planted(
    _ part: String, _ tensors: [String], channels: [Int]
  ) throws -> TemporaryFolder {
    let source = SharedFixtures.projectRoot.appending(path: "demo/model")
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointFolder(source)
    let writer = try SafetensorsWriter(
      folder.url.appending(path: "model.safetensors"),
      tensors: checkpoint.tensors.map {
        SafetensorsWriter.Declaration(name: $0.key, type: .float32, shape: $0.value.shape)
      })
    for (name, tensor) in checkpoint.tensors {
      var values = try tensor.view().floats()
      if name.hasPrefix(part), tensors.contains(where: name.contains) {
        // Channels are the first dimension: of a norm, or of the matrix that makes them.
        let width = values.count / tensor.shape[0]
        for channel in channels {
          for index in channel * width..<(channel + 1) * width { values[index] *= 100 }
        }
      }
      writer.write(values, to: name)
    }
    try writer.finish()
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where !file.hasSuffix(".safetensors") {
      try FileManager.default.copyItem(
        at: source.appending(path: file), to: folder.url.appending(path: file))
    }
    return folder
  }

  private func tensor(_ name: String, of folder: URL, _ precision: Precision) throws -> [Float] {
    let model = try VisionLanguageModel(
      folder: folder, options: ModelOptions(precision: precision, threads: 2))
    let recorder = Recorder()
    let picture = SharedFixtures.projectRoot.appending(path: "demo/pictures/three-shapes.png")
    let image = try Image(contentsOf: picture)
    _ = try Scheduler(model).reply(
      to: Conversation(
        messages: [Message(role: .user, content: "<image>\nDescribe the picture.")],
        images: [image]),
      options: GenerationOptions(maxTokens: 1), recorder: recorder)
    return try #require(recorder.floats(name))
  }

  private func cosine(_ x: [Float], _ y: [Float]) -> Double {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return dot(x, y) / (dot(x, x) * dot(y, y)).squareRoot()
  }

  @Test(
    "leave tower and decoder close to exact precision",
    arguments: [
      ("vision_model", ["norm1", "norm2"], "projector"),
      ("vision_model", ["mlp.fc1"], "projector"),
      ("language_model", ["layernorm"], "logits"),
      ("language_model", ["mlp.up_proj"], "logits"),
    ])
  func close(part: String, tensors: [String], result: String) throws {
    let folder = try planted(part, tensors, channels: [5, 77])
    let exact = try tensor(result, of: folder.url, .exact)
    let fast = try tensor(result, of: folder.url, .fast)
    #expect(cosine(exact, fast) >= 0.995)
  }
}
