import Files
import Foundation

/// A file that `torch.save` wrote: a ZIP archive, or the legacy sequence of pickles.
enum PyTorchFile {
  /// Maps a file and reads its pickle; no tensor is read.
  static func tensors(of url: URL) throws(CheckpointError) -> [String: StoredTensor] {
    let file = try MappedFile(checkpointFile: url)
    let bytes = file.bytes
    if let sign = IncompleteSign(beginningOf: bytes) { throw .incomplete(file: file.name, sign) }
    do {
      if bytes.starts(with: PyTorchArchive.magic) {
        return try PyTorchArchive.tensors(of: file)
      }
      if bytes.starts(with: LegacyPyTorchFile.magic) {
        return try LegacyPyTorchFile.tensors(of: file)
      }
    } catch .incomplete(let sign) {
      throw .incomplete(file: file.name, sign)
    } catch {
      throw .pytorch(file: file.name, error)
    }
    throw .pytorch(file: file.name, .unknownFormat)
  }
}
