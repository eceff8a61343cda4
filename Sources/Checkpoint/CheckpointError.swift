package import Files
import Foundation
package import JSON

/// Why a checkpoint, or a file of one, could not be read or written.
///
/// `file` is a file name without its folder, as the user sees it in the checkpoint.
package enum CheckpointError: Error, Equatable {
  /// The folder holds no weights that can be read.
  case noWeights(folder: String)
  /// A file or folder cannot be read.
  case unreadable(FileError)
  /// A file or folder cannot be written.
  case unwritable(FileError)
  /// The file is the beginning of something, or space that was never filled.
  case incomplete(file: String, IncompleteSign)
  /// A JSON file cannot be read, or says what it should not.
  case json(JSONError)
  /// The list of shards is wrong.
  case index(file: String, IndexFault)
  /// The file breaks the safetensors format.
  case safetensors(file: String, SafetensorsFault)
  /// The file breaks the format of `torch.save`, or asks for more than tensors.
  case pytorch(file: String, PyTorchFault)
  /// Tensors are named as by two layouts; one of each, and their files.
  case twoLayouts(tensors: [String], files: [String])
  /// Tensors are named as by another layout than `architectures` of config.json stands for.
  case otherLayout(file: String, tensor: String, architecture: String)
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
      "\(folder.quoted) holds no weights that can be read; expected model.safetensors or "
        + "pytorch_model.bin, or shards of one of them with their index (GGUF files are not read)"
    case .unreadable(let error):
      "cannot read \(error.name.quoted): \(error.reason)"
    case .unwritable(let error):
      "cannot write \(error.name.quoted): \(error.reason)"
    case .incomplete(let file, let sign):
      "\(file.quoted) is an incomplete download (\(sign)); download it again"
    case .json(let error): "\(error)"
    case .index(let file, let fault):
      "\(file.quoted) is not a usable list of shards: \(fault)"
    case .safetensors(let file, let fault):
      "\(file.quoted) is not a valid safetensors file: \(fault)"
    case .pytorch(let file, let fault):
      "\(file.quoted) is not a usable PyTorch file: \(fault)"
    case .twoLayouts(let tensors, let files):
      "the folder holds two checkpoints: "
        + zip(tensors, files).map { "\($0.quoted) in \($1.quoted)" }.joined(separator: ", ")
        + "; keep the files of one"
    case .otherLayout(let file, let tensor, let architecture):
      "\(file.quoted) has the tensor \(tensor.quoted), but config.json says "
        + "\(architecture.quoted), whose tensors have other names; take both from one checkpoint"
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

extension MappedFile {
  /// Maps a file of a checkpoint.
  convenience init(checkpointFile url: URL) throws(CheckpointError) {
    do {
      try self.init(url)
    } catch {
      throw .unreadable(error)
    }
  }
}
