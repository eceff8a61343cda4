import Files
package import Foundation
package import Kernels

/// Which of a checkpoint's PyTorch archives are what was written, by the checksums of their entries.
package struct ArchiveCheck {
  /// The names of the files whose entries are all right.
  package let intactFiles: [String]
  /// What is wrong with others, in the order of the files and of the entries in them.
  package let faults: [(file: String, fault: PyTorchFault)]

  /// Reads every entry that a tensor lies in; nil where the folder's weights are no PyTorch archives.
  ///
  /// - Parameters:
  ///   - folder: the checkpoint's.
  ///   - compute: makes the checksums.
  ///   - isCancelled: asked before every entry; what is left then counts as right.
  package init?(_ folder: URL, on compute: Compute, isCancelled: () -> Bool = { false }) {
    let checkpoint: CheckpointFolder
    do {
      checkpoint = try CheckpointFolder(folder)
    } catch .pytorch(let file, let fault) {
      (intactFiles, faults) = ([], [(file, fault)])
      return
    } catch {
      return nil
    }
    var storages: [ObjectIdentifier: (storage: ArchivedStorage, tensor: String)] = [:]
    for tensor in checkpoint.tensors.values.sorted(by: { $0.name > $1.name }) {
      guard let storage = tensor.archived else { continue }
      storages[ObjectIdentifier(storage)] = (storage, tensor.name)
    }
    guard !storages.isEmpty else { return nil }
    var faults: [(file: String, fault: PyTorchFault)] = []
    for (storage, tensor) in storages.values.sorted(by: { $0.storage.place < $1.storage.place }) {
      if isCancelled() { break }
      do {
        try storage.check(tensor: tensor, on: compute)
      } catch {
        faults.append((storage.file.name, error))
      }
    }
    self.faults = faults
    intactFiles = Set(storages.values.map(\.storage.file.name))
      .subtracting(faults.map(\.file)).sorted()
  }
}

extension ArchivedStorage {
  /// Where it is, in the order of files and of bytes in them.
  fileprivate var place: (file: String, offset: Int) { (file.name, extent.bytes.lowerBound) }
}
