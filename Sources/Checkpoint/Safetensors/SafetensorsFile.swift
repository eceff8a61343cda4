import Files
package import Foundation

/// A safetensors file, mapped: its tensors where they lie, and its metadata.
package struct SafetensorsFile: Sendable {
  package let tensors: [String: TensorView]
  package let metadata: [String: String]

  /// Maps a file and checks its header; no tensor is read.
  package init(_ url: URL) throws(CheckpointError) {
    let file = try MappedFile(checkpointFile: url)
    let header = try SafetensorsHeader(file.bytes, file: file.name)
    var tensors: [String: TensorView] = [:]
    tensors.reserveCapacity(header.entries.count)
    for entry in header.entries {
      tensors[entry.name] = TensorView(
        name: entry.name, file: file.name, type: entry.type, shape: entry.shape,
        strides: TensorView.rowMajorStrides(of: entry.shape),
        pointer: file.pointer(at: entry.bytes.lowerBound), owner: file)
    }
    self.tensors = tensors
    metadata = header.metadata
  }
}
