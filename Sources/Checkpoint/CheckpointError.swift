/// Why a checkpoint, or a file of one, could not be read or written.
///
/// `file` is a file name without its folder, as the user sees it in the checkpoint.
package enum CheckpointError: Error, Equatable {
  /// The folder holds no weights that can be read.
  case noWeights(folder: String)
  /// The system cannot open the file; `reason` is in the system's words.
  case unreadable(file: String, reason: String)
  /// The system cannot write the file; `reason` is in the system's words.
  case unwritable(file: String, reason: String)
  /// The file is the beginning of something, or space that was never filled.
  case incomplete(file: String, IncompleteSign)
  /// The file is not JSON, or JSON beyond the limits.
  case json(file: String, JSONFault)
  /// A value of a JSON file is missing, of another type or out of range.
  case value(file: String, key: String, found: String, expected: String)
  /// The list of shards is wrong.
  case index(file: String, IndexFault)
  /// The file breaks the safetensors format.
  case safetensors(file: String, SafetensorsFault)
  /// The file breaks the format of `torch.save`, or asks for more than tensors.
  case pytorch(file: String, PyTorchFault)
  /// No file of the checkpoint holds the tensor.
  case missingTensor(name: String)
  /// A tensor has another shape than the model description asks for.
  case wrongShape(file: String, tensor: String, expected: [Int], found: [Int])
  /// A tensor has an element type that cannot stand where it is used.
  case wrongType(file: String, tensor: String, expected: String, found: String)
}

extension CheckpointError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noWeights(let folder):
      "\(folder.quoted) holds no weights; expected model.safetensors or pytorch_model.bin, "
        + "or shards of one of them with their index"
    case .unreadable(let file, let reason):
      "cannot read \(file.quoted): \(reason)"
    case .unwritable(let file, let reason):
      "cannot write \(file.quoted): \(reason)"
    case .incomplete(let file, let sign):
      "\(file.quoted) is an incomplete download (\(sign)); download it again"
    case .json(let file, let fault):
      "\(file.quoted) is not the JSON it should be: \(fault)"
    case .value(let file, let key, let found, let expected):
      "\(file.printable): \(key.printable) is \(found.printable); expected \(expected)"
    case .index(let file, let fault):
      "\(file.quoted) is not a usable list of shards: \(fault)"
    case .safetensors(let file, let fault):
      "\(file.quoted) is not a valid safetensors file: \(fault)"
    case .pytorch(let file, let fault):
      "\(file.quoted) is not a usable PyTorch file: \(fault)"
    case .missingTensor(let name):
      "the checkpoint has no tensor \(name.quoted); its files belong to another model, or some "
        + "are missing"
    case .wrongShape(let file, let tensor, let expected, let found):
      "\(file.quoted): tensor \(tensor.quoted) has the shape \(found); config.json asks for "
        + "\(expected)"
    case .wrongType(let file, let tensor, let expected, let found):
      "\(file.quoted): tensor \(tensor.quoted) holds \(found); expected \(expected)"
    }
  }
}
