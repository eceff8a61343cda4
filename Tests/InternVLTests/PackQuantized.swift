import Checkpoint
import Foundation
import Kernels
import TestSupport

@testable import InternVL

/// Rewrites the AWQ fixture in the `pack-quantized` format of compressed-tensors.
enum PackQuantized {
  /// Where an output's code is in a word of AWQ.
  private static let nibbles = [0, 4, 1, 5, 2, 6, 3, 7]

  /// Codes `[rows, columns]` in words of eight neighbours along the rows or the columns.
  private struct Codes {
    let rows, columns: Int
    let code: (_ row: Int, _ column: Int) -> UInt32

    init(awq tensor: TensorView) {
      let words = Self.words(tensor)
      (rows, columns) = (tensor.shape[0], 8 * tensor.shape[1])
      let columns = columns
      code = {
        words[($0 * columns + $1) / 8] >> (4 * UInt32(PackQuantized.nibbles[$1 % 8])) & 15
      }
    }

    private static func words(_ tensor: TensorView) -> [UInt32] {
      (0..<tensor.count).map {
        tensor.pointer.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)
      }
    }

    /// `[columns, rows / 8]`: eight rows of a column in a word.
    func transposed() -> [UInt32] {
      (0..<columns).flatMap { column in
        (0..<rows / 8).map { word in
          (0..<8).reduce(0) { $0 | code(8 * word + $1, column) << (4 * UInt32($1)) }
        }
      }
    }

    /// `[columns / 8, rows · repeats]`: eight columns of a row in a word, each row so many times.
    func zeroPoints(repeats: Int) -> [UInt32] {
      (0..<columns / 8).flatMap { word in
        (0..<rows * repeats).map { row in
          (0..<8).reduce(0) { $0 | code(row / repeats, 8 * word + $1) << (4 * UInt32($1)) }
        }
      }
    }
  }

  private typealias Written = (name: String, type: ElementType, shape: [Int], bytes: [UInt8])

  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    words.withUnsafeBytes { Array($0) }
  }

  /// The tensors of one layer, in groups of `128 / repeats`.
  private static func rewritten(
    _ layer: String, _ checkpoint: CheckpointFolder, repeats: Int
  ) throws -> [Written] {
    let codes = Codes(awq: try checkpoint.tensor(named: layer + ".qweight").view().contiguous())
    let zeros = Codes(awq: try checkpoint.tensor(named: layer + ".qzeros").view().contiguous())
    let scales = try checkpoint.tensor(named: layer + ".scales").view().floats()
    let (outputs, inputs) = (codes.columns, codes.rows)
    let groups = zeros.rows * repeats
    var halves: [UInt8] = []
    for output in 0..<outputs {
      for group in 0..<groups {
        let scale = Float16(scales[group / repeats * outputs + output])
        withUnsafeBytes(of: scale) { halves += $0 }
      }
    }
    return [
      (layer + ".weight_packed", .int32, [outputs, inputs / 8], bytes(codes.transposed())),
      (layer + ".weight_scale", .float16, [outputs, groups], halves),
      (
        layer + ".weight_zero_point", .int32, [outputs / 8, groups],
        bytes(zeros.zeroPoints(repeats: repeats))
      ),
    ]
  }

  /// A copy of the fixture in groups of `128 / repeats`; `change` edits its settings.
  static func rewrite(
    repeats: Int = 1, _ change: (inout [String: Any]) -> Void = { _ in }
  ) throws -> EditedCheckpoint {
    let edited = try EditedCheckpoint(copying: "qwen2-awq")
    let checkpoint = try CheckpointFolder(edited.folder)
    var tensors: [Written] = []
    for stored in checkpoint.tensors.values {
      if let layer = stored.name.dropping(suffix: ".qweight") {
        tensors += try rewritten(layer, checkpoint, repeats: repeats)
      } else if !stored.name.hasSuffix(".qzeros"), !stored.name.hasSuffix(".scales") {
        let view = try stored.view().contiguous()
        let content = UnsafeRawBufferPointer(start: view.pointer, count: view.byteCount)
        tensors.append((stored.name, stored.type, stored.shape, Array(content)))
      }
    }
    let file = edited.beside("model.safetensors")
    let writer = try SafetensorsWriter(
      file, tensors: tensors.map { .init(name: $0.name, type: $0.type, shape: $0.shape) })
    for tensor in tensors { writer.memory(of: tensor.name).copyBytes(from: tensor.bytes) }
    try writer.finish()
    let target = edited.folder.appending(path: "model.safetensors")
    try FileManager.default.removeItem(at: target)
    try FileManager.default.moveItem(at: file, to: target)
    try edited.editLanguage { $0["quantization_config"] = nil }
    try edited.edit("config.json") {
      var weights: [String: Any] = [
        "num_bits": 4, "type": "int", "strategy": "group", "group_size": 128 / repeats,
        "symmetric": false,
      ]
      change(&weights)
      $0["quantization_config"] = [
        "quant_method": "compressed-tensors", "format": "pack-quantized",
        "ignore": ["lm_head", "re:.*vision.*"],
        "config_groups": ["group_0": ["targets": ["Linear"], "weights": weights]],
      ]
    }
    return edited
  }
}
