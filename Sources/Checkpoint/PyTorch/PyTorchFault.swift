import Files

/// What is wrong with a file that `torch.save` wrote, or why it is refused.
package enum PyTorchFault: Error, Equatable {
  /// The file is the beginning of something; reported as `CheckpointError.incomplete`.
  case incomplete(IncompleteSign)
  /// A pickle is broken, or asks for more than tensors.
  case pickle(PickleFault)
  /// Neither an archive nor the legacy form.
  case unknownFormat
  /// The archive's directory, or an entry in it, contradicts itself or the file.
  case directory(entry: String?)
  /// Two entries have the same name.
  case duplicateEntry(String)
  /// Two entries that are needed share bytes.
  case overlappingEntries(String, String)
  /// An entry that is needed is encrypted.
  case encrypted(entry: String)
  /// A compressed entry cannot be unpacked; `reason` is in libarchive's words.
  case unpacking(entry: String, reason: String)
  /// A compressed entry has more or fewer bytes than the directory says.
  case unpackedSize(entry: String, declared: Int)
  /// Unpacking an entry would take far more memory than the tensor that is asked for.
  case unpackedTooLarge(entry: String, bytes: Int, tensor: String, needed: Int)
  /// An entry that describes tensors is larger than any description.
  case entryTooLarge(String, limit: Int)
  /// An entry's bytes are not those that were written; `tensor` is one of those that lie in it.
  case checksum(entry: String, tensor: String?)
  /// There is not exactly one `<name>/data.pkl`.
  case noPickle
  /// The numbers are big-endian.
  case byteOrder
  /// A legacy file has another version, or parts of the wrong kind.
  case legacyLayout(String)
  /// The pickle's top is not a dictionary of tensors.
  case notStateDict(key: String?)
  /// Two tensors have the same name.
  case duplicateTensor(String)
  /// The file does not have the storage that a tensor lies in.
  case missingStorage(key: String)
  /// A storage has fewer bytes than the pickle says.
  case shortStorage(key: String, needed: Int, given: Int)
  /// A tensor reaches out of its storage, or has negative or overflowing extents.
  case tensor(String, offset: Int, shape: [Int], strides: [Int], storageBytes: Int)
}

extension PyTorchFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .incomplete(let sign):
      "\(sign)"
    case .pickle(let fault):
      "its pickle is refused: \(fault)"
    case .unknownFormat:
      "it is neither a ZIP archive nor torch's legacy form"
    case .directory(let entry):
      entry.map { "its directory does not fit the file at entry \($0.quoted)" }
        ?? "its directory does not fit the file"
    case .duplicateEntry(let name):
      "it has two entries \(name.quoted)"
    case .overlappingEntries(let first, let second):
      "its entries \(first.quoted) and \(second.quoted) overlap"
    case .encrypted(let entry):
      "its entry \(entry.quoted) is encrypted"
    case .unpacking(let entry, let reason):
      "its compressed entry \(entry.quoted) cannot be unpacked: \(reason.printable)"
    case .unpackedSize(let entry, let declared):
      "its compressed entry \(entry.quoted) does not have the \(declared) bytes that it declares"
    case .unpackedTooLarge(let entry, let bytes, let tensor, let needed):
      "its compressed entry \(entry.quoted) would unpack to \(bytes) bytes for the \(needed) of "
        + "tensor \(tensor.quoted); an archive without compression can be read"
    case .entryTooLarge(let entry, let limit):
      "its entry \(entry.quoted) has more than \(limit) bytes"
    case .checksum(let entry, let tensor):
      "its entry \(entry.quoted)\(tensor.map { ", with tensor \($0.quoted)," } ?? "") is damaged "
        + "(its CRC-32 is another); download it again"
    case .noPickle:
      "it needs exactly one entry of the form 'NAME/data.pkl'"
    case .byteOrder:
      "its numbers are big-endian"
    case .legacyLayout(let part):
      "its legacy layout has no usable \(part)"
    case .notStateDict(let key):
      key.map { "its entry \($0.quoted) is not a tensor" } ?? "it is not a dictionary of tensors"
    case .duplicateTensor(let name):
      "it has two tensors \(name.quoted)"
    case .missingStorage(let key):
      "it lacks the storage \(key.quoted)"
    case .shortStorage(let key, let needed, let given):
      "its storage \(key.quoted) has \(given) of \(needed) bytes"
    case .tensor(let name, let offset, let shape, let strides, let storageBytes):
      "tensor \(name.quoted) (offset \(offset), shape \(shape), strides \(strides)) does not lie "
        + "in its storage of \(storageBytes) bytes"
    }
  }
}
