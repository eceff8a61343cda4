import Files

/// The ZIP form of a PyTorch file, written by `torch.save` since version 1.6.
///
/// All entries lie in one folder, named after the file at the time of writing: `data.pkl` is the
/// pickle, `data/KEY` are the storages, `byteorder` is optional. Other entries are not looked at.
/// torch stores plain bytes, which are mapped; what another tool has compressed is unpacked.
enum PyTorchArchive {
  /// How every archive begins: the mark of an entry's own header.
  static let magic: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  private static let pickleSuffix = "/data.pkl"
  /// The longer of "big" and "little".
  private static let byteOrderBytes = 6

  static func tensors(of file: MappedFile) throws(PyTorchFault) -> [String: StoredTensor] {
    let directory = try ZipDirectory(file.bytes)
    let pickle = try pickle(in: directory)
    let folder = pickle.name.dropLast(pickleSuffix.count)
    var needed = [try ArchivedStorage(pickle, in: file)]
    if let entry = directory.entries[folder + "/byteorder"] {
      let order = try ArchivedStorage(entry, in: file)
      let text = try order.withContent(limit: byteOrderBytes) { $0.text(in: 0..<$0.byteCount) }
      guard text == "little" else { throw .byteOrder }
      needed.append(order)
    }
    let state = try needed[0].withContent(limit: Unpickler.Limit.bytes) {
      (bytes) throws(PyTorchFault) in try StateDict(Pickle(bytes))
    }
    var storages: [String: ArchivedStorage] = [:]
    for key in state.storages.keys {
      guard let entry = directory.entries["\(folder)/data/\(key)"] else { continue }
      let storage = try ArchivedStorage(entry, in: file)
      storages[key] = storage
      needed.append(storage)
    }
    try checkDisjoint(needed)
    return try state.tensors(in: storages)
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

  /// - Throws: `PyTorchFault.overlappingEntries`.
  private static func checkDisjoint(_ storages: [ArchivedStorage]) throws(PyTorchFault) {
    let extents = storages.map(\.extent).sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
    for (first, second) in zip(extents, extents.dropFirst())
    where first.bytes.upperBound > second.bytes.lowerBound {
      throw .overlappingEntries(first.name, second.name)
    }
  }
}
