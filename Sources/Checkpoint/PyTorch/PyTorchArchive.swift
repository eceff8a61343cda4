import Files

/// The ZIP form of a PyTorch file, written by `torch.save` since version 1.6.
///
/// All entries lie in one folder, named after the file at the time of writing: `data.pkl` is the
/// pickle, `data/KEY` are the storages, `byteorder` is optional. Other entries are not looked at.
enum PyTorchArchive {
  /// How every archive begins: the mark of an entry's own header.
  static let magic: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  private static let pickleSuffix = "/data.pkl"

  static func tensors(of file: MappedFile) throws(PyTorchFault) -> [String: TensorView] {
    let bytes = file.bytes
    let directory = try ZipDirectory(bytes)
    let pickle = try pickle(in: directory)
    let folder = pickle.name.dropLast(pickleSuffix.count)
    if let entry = directory.entries[folder + "/byteorder"],
      bytes.text(in: try entry.place(in: bytes)) != "little"
    {
      throw .byteOrder
    }
    let state = try StateDict(Pickle(bytes.extracting(try pickle.place(in: bytes))))
    var places: [String: Range<Int>] = [:]
    for key in state.storages.keys {
      places[key] = try directory.entries["\(folder)/data/\(key)"]?.place(in: bytes)
    }
    return try state.views(in: file, places: places)
  }

  /// The only entry `FOLDER/data.pkl`.
  private static func pickle(in directory: ZipDirectory) throws(PyTorchFault) -> ZipDirectory.Entry
  {
    let candidates = directory.entries.values.filter {
      $0.name.hasSuffix(pickleSuffix) && $0.name.utf8.count { $0 == UInt8(ascii: "/") } == 1
    }
    guard candidates.count == 1 else { throw .noPickle }
    return candidates[0]
  }
}
