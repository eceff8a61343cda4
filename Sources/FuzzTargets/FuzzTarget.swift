import Checkpoint
import Foundation
import Hub
import Imaging
import InternVL
import JSON
import Kernels
import OpenAIMessages
import Registry
import StructuredOutput
import Tokenizers

/// A reader of what anybody may have written.
///
/// Errors are the right answer to most inputs. What counts as a find is a trap, an error of the
/// address sanitizer, or more time or memory than `CostLimit` and libFuzzer's options allow.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// `model.safetensors`.
  case safetensors
  /// `pytorch_model.bin`, in both forms.
  case pytorch
  /// The state dict's pickle in a legacy PyTorch file that is otherwise sound.
  case pickle
  /// `model.safetensors.index.json` beside a sound shard.
  case index
  /// `config.json`, up to the plan of all tensors.
  case config
  /// `adapter_config.json` and `adapter_model.safetensors`, up to the weights that they change.
  case adapter
  /// `vocab.json`, `merges.txt`, `added_tokens.json` and `tokenizer_config.json`.
  case bytelevel
  /// `added_tokens.json`, `tokenizer_config.json` and `tokenizer.model`.
  case sentencepiece
  /// `tokenizer_config.json` and `tokenizer.json`.
  case tokenizerjson
  /// A picture's file.
  case image
  /// A conversation for `--messages`.
  case messages
  /// The body of a request to the server, and a row of a batch.
  case request
  /// A hub's answer with its list of files, up to the plan of a download.
  case listing
  /// A registry file.
  case registry
  /// A JSON Schema for answers, up to a value that fits.
  case schema
}

extension FuzzTarget {
  /// Lays out what does not change from input to input.
  package func prepare(_ folder: ScratchFolder) throws {
    if self == .adapter { try AdapterBase.prepare(folder) }
    guard self == .index else { return }
    try SafetensorsWriter(
      folder.url.appending(path: "s.safetensors"),
      tensors: ["a", "b"].map { .init(name: $0, type: .float32, shape: [2, 2]) }
    ).finish()
  }

  /// Reads one input.
  ///
  /// - Throws: what the reader says about it, or a failure to write the file.
  package func run(_ input: [UInt8], _ folder: ScratchFolder) throws {
    switch self {
    case .safetensors:
      try folder.write("model.safetensors", input)
      try readWeights(folder)
    case .pytorch:
      try folder.write("pytorch_model.bin", input)
      try readWeights(folder)
    case .pickle:
      try folder.write("pytorch_model.bin", LegacyFile.prefix + input + LegacyFile.suffix)
      try readWeights(folder)
    case .index:
      try folder.write("model.safetensors.index.json", input)
      try readWeights(folder)
    case .config:
      let root = try JSONObject(input.span.bytes, file: "config.json")
      let plan = try ModelPlan(Configuration(root), type: .bfloat16)
      precondition(plan.storedBytes >= 0 && plan.residentBytes(.int8) >= 0)
    case .adapter:
      try writeParts(["adapter_config.json", "adapter_model.safetensors"], input, folder)
      try AdapterBase.readAdapter(folder)
    case .bytelevel:
      let names = ["vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json"]
      try writeParts(names, input, folder)
      try useTokenizer(folder)
    case .sentencepiece:
      let names = ["added_tokens.json", "tokenizer_config.json", "tokenizer.model"]
      try writeParts(names, input, folder)
      try useTokenizer(folder)
    case .tokenizerjson:
      try writeParts(["tokenizer_config.json", "tokenizer.json"], input, folder)
      try useTokenizer(folder)
    case .image:
      try cutTiles(input)
    case .messages:
      _ = try ConversationFile.read(
        json: String(decoding: input, as: UTF8.self), file: "messages.json")
    case .request: readRequest(input)
    case .listing:
      try planDownload(input, folder)
    case .registry:
      var registry = Registry()
      try registry.add(json: Data(input), file: "registry.json", folder: folder.url)
    case .schema:
      let grammar = try Grammar.schema(input.span.bytes)
      let value = grammar.shortestValue
      let fits = try grammar.allows(value.span.bytes)
      precondition(fits, "a shortest value does not fit")
    }
  }

  /// Reads a body as each of the requests that a server takes.
  private func readRequest(_ body: [UInt8]) {
    _ = try? ChatRequest(body)
    _ = try? CompletionRequest(body)
    _ = try? ResponsesRequest(body)
    _ = try? TokenizeRequest(body)
    _ = try? DetokenizeRequest(body)
    _ = try? OllamaRequest(chat: body)
    _ = try? OllamaRequest(generate: body)
    _ = try? BatchRow(body)
  }

  /// Writes files from one input, in which a byte that is never part of UTF-8 ends each but the
  /// last.
  private func writeParts(_ names: [String], _ input: [UInt8], _ folder: ScratchFolder) throws {
    let parts = input.split(
      separator: 0xFF, maxSplits: names.count - 1, omittingEmptySubsequences: false)
    for (index, name) in names.enumerated() {
      try folder.write(name, index < parts.count ? parts[index] : [])
    }
  }

  /// Reads a list of files as either hub sends it.
  private func planDownload(_ answer: [UInt8], _ folder: ScratchFolder) throws {
    let settings = try HubSettings(environment: ["HOME": folder.url.path])
    for hub in [HubName.huggingface, .modelscope] {
      let model = try RemoteModel(hub: hub, id: "owner/name")
      guard let plan = try? settings.plan(model, answer: answer) else { continue }
      precondition(plan.neededBytes >= 0 && plan.files.count <= plan.listing.files.count)
    }
  }

  /// Reads every tensor of the folder.
  private func readWeights(_ folder: ScratchFolder) throws {
    let checkpoint = try CheckpointFolder(folder.url)
    // Tensors may share memory, so their sum is not bounded by the file's size.
    for stored in checkpoint.tensors.values where stored.byteCount < 1 << 16 {
      guard let tensor = try? stored.checkedView(on: nil) else { continue }
      _ = try? tensor.floats()
      let copy = tensor.contiguous()
      precondition(copy.isContiguous && copy.byteCount == tensor.byteCount)
    }
  }

  /// Encodes a text, and decodes its ids and ids that do not exist.
  private func useTokenizer(_ folder: ScratchFolder) throws {
    let tokenizer = try loadTokenizer(folder: folder.url)
    let ids = tokenizer.encode("<|im_start|>user\n<img></img> a picture, 一张图片 e\u{301}\u{0}")
    _ = tokenizer.decode(ids, skippingSpecial: true)
    _ = tokenizer.decode([-1, 0, 1, 2, .max, .min] + ids, skippingSpecial: false)
  }

  private func cutTiles(_ input: [UInt8]) throws {
    let limits = ImageLimits(maxPixels: 1 << 20, maxSide: 4096, maxFileBytes: 1 << 20)
    let image = try decodeImage(input, name: "input", orientation: .upright, limits: limits)
    let grid = TileGrid.choose(
      width: image.width, height: image.height, maxTiles: 12, tileSize: 28)
    precondition(!tiles(of: image, grid: grid, tileSize: 28).isEmpty)
  }
}

/// What surrounds the state dict's pickle in a legacy PyTorch file.
private enum LegacyFile {
  /// The magic number, the layout's version 1001, and that numbers are little-endian.
  static let prefix: [UInt8] =
    [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    + [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
    + [0x80, 2] + Array("}U\u{D}little_endian".utf8) + [0x88] + Array("s.".utf8)

  /// One storage "0" of 16 elements with 4 bytes each.
  static let suffix: [UInt8] =
    [0x80, 2] + Array("]U\u{1}0a.".utf8) + [16, 0, 0, 0, 0, 0, 0, 0] + (0..<64)
}
