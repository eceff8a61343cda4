import ArgumentParser
import Checkpoint
import Files
import Foundation
import InternVL
import Models

/// `internvl inspect checkpoint`: what a checkpoint folder holds.
struct InspectCheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Shows a checkpoint's configuration and tensors, and checks that they are whole.")

  @Argument(
    help: "The folder with config.json and the weights, or a model that is here: 8b-awq.",
    completion: .directory)
  var folder: String

  @OptionGroup var registry: RegistryOptions

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let folder = try ModelCatalog(registry.load()).folder(named: folder)
    let report = try CheckpointReport(ModelCheckpoint(path: folder))
    try StandardOutput.write(json ? JSONText.line(report) : report.text)
  }
}

/// What `inspect checkpoint` says.
struct CheckpointReport: Encodable {
  let folder: String
  /// The files' format: safetensors or pytorch.
  let format: String
  let vision: Vision
  let language: Language
  let tileSize: Int
  let tokensPerTile: Int
  let maximumTiles: Int
  let totalBytes: Int
  let tensors: [Tensor]

  struct Vision: Encodable {
    let hidden: Int, layers: Int, heads: Int, intermediate: Int
  }

  struct Language: Encodable {
    let architecture: String
    let hidden: Int, layers: Int, heads: Int, keyValueHeads: Int, intermediate: Int
    let vocabulary: Int
    /// The format of weights in 4 bits: awq or compressed-tensors.
    let quantization: String?

    enum CodingKeys: String, CodingKey {
      case architecture, hidden, layers, heads, intermediate, vocabulary, quantization
      case keyValueHeads = "kv_heads"
    }
  }

  struct Tensor: Encodable {
    let name: String, type: String, shape: [Int], bytes: Int, file: String
  }

  enum CodingKeys: String, CodingKey {
    case folder, format, vision, language, tensors
    case tileSize = "tile_size"
    case tokensPerTile = "tokens_per_tile"
    case maximumTiles = "max_tiles"
    case totalBytes = "total_bytes"
  }

  init(_ model: ModelCheckpoint) throws(CheckpointError) {
    let configuration = model.configuration
    let checkpoint = try CheckpointFolder(model.folder)
    folder = model.folder.path
    format = checkpoint.format.rawValue
    let tower = configuration.vision, text = configuration.language
    vision = Vision(
      hidden: tower.hidden, layers: tower.layers, heads: tower.heads,
      intermediate: tower.intermediate)
    language = Language(
      architecture: text.architecture.rawValue, hidden: text.hidden, layers: text.layers,
      heads: text.heads, keyValueHeads: text.keyValueHeads, intermediate: text.intermediate,
      vocabulary: text.vocabulary, quantization: text.quantization?.format.rawValue)
    tileSize = configuration.tileSize
    tokensPerTile = configuration.tokensPerTile
    maximumTiles = configuration.maximumTiles
    totalBytes = checkpoint.totalBytes
    tensors = checkpoint.tensors.values.sorted { $0.name < $1.name }.map {
      Tensor(
        name: $0.name, type: "\($0.type)", shape: $0.shape, bytes: $0.byteCount, file: $0.file)
    }
  }

  /// The report for people.
  ///
  /// Names come from files that anybody may have written.
  var text: String {
    var summary = Table([("checkpoint", .left), (folder, .left)])
    summary.append(["format", format + (language.quantization.map { ", \($0), 4 bits" } ?? "")])
    summary.append([
      "vision tower",
      "\(vision.layers) layers of \(vision.hidden), \(vision.heads) heads, "
        + "\(vision.intermediate) inside",
    ])
    summary.append([
      "language model",
      "\(language.architecture): \(language.layers) layers of \(language.hidden), "
        + "\(language.heads) heads on \(language.keyValueHeads), \(language.intermediate) inside, "
        + "\(language.vocabulary) tokens",
    ])
    summary.append([
      "pictures",
      "up to \(maximumTiles) tiles of \(tileSize) pixels, \(tokensPerTile) tokens each",
    ])
    summary.append([
      "weights", "\(Units.count(tensors.count, "tensor")), \(ByteCount(totalBytes))",
    ])
    var table = Table([
      ("TENSOR", .left), ("TYPE", .left), ("SHAPE", .left), ("BYTES", .right), ("FILE", .left),
    ])
    for tensor in tensors {
      table.append([
        tensor.name, tensor.type, tensor.shape.map(String.init).joined(separator: " x "),
        "\(tensor.bytes)", tensor.file,
      ])
    }
    return TerminalText.cleaned(summary.text + "\n" + table.text)
  }
}
