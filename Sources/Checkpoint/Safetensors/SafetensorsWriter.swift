package import Files
package import Foundation
package import Kernels

/// Writes a safetensors file through a mapping of its final size.
///
/// All tensors are declared first; their memory can then be filled in any order, from several
/// threads at once. The file has its name only once `finish()` has brought it to the disk, complete.
package struct SafetensorsWriter: ~Copyable, @unchecked Sendable {
  // Sendable: the mapping never moves, and nothing changes until `finish()` consumes the writer.

  /// A tensor that the file will hold.
  package struct Declaration: Sendable {
    package let name: String
    package let type: ElementType
    package let shape: [Int]
    let byteCount: Int

    /// - Precondition: the size does not overflow.
    package init(name: String, type: ElementType, shape: [Int]) {
      guard let byteCount = TensorView.byteCount(of: shape, type) else {
        preconditionFailure("tensor \(name) has the impossible shape \(shape)")
      }
      self.name = name
      self.type = type
      self.shape = shape
      self.byteCount = byteCount
    }
  }

  private var file: UnfinishedFile
  private let base: UnsafeMutableRawPointer
  private let layout: SafetensorsLayout

  /// Reserves the space for the tensors, and writes the header.
  ///
  /// Where a tensor's size is a multiple of 64 bytes, its memory is aligned to 64.
  ///
  /// - Parameters:
  ///   - file: where they go.
  ///   - tensors: what it will hold.
  ///   - metadata: text to keep with it, under keys of the caller's choice.
  /// - Throws: `CheckpointError.unwritable`, also where the disk has too little space.
  /// - Precondition: no two tensors have the same name.
  package init(
    _ file: consuming UnfinishedFile, tensors: [Declaration], metadata: [String: String] = [:]
  ) throws(CheckpointError) {
    let layout = SafetensorsLayout(tensors, metadata: metadata)
    let base: UnsafeMutableRawPointer
    do {
      base = try file.map(byteCount: layout.fileBytes)
    } catch {
      throw .unwritable(error)
    }
    base.copyMemory(from: layout.header, byteCount: layout.header.count)
    self.file = file
    self.base = base
    self.layout = layout
  }

  /// The same, once no other writer is at work on the file `url`.
  package init(
    _ url: URL, tensors: [Declaration], metadata: [String: String] = [:]
  ) throws(CheckpointError) {
    let file: UnfinishedFile
    do {
      file = try UnfinishedFile(url)
    } catch {
      throw .unwritable(error)
    }
    try self.init(file, tensors: tensors, metadata: metadata)
  }

  deinit { munmap(base, layout.fileBytes) }

  /// The memory of a tensor, filled with zeros at first; valid while the writer lives.
  ///
  /// May be used from several threads, as long as no two write the same bytes.
  ///
  /// - Precondition: the tensor was declared.
  package func memory(of name: String) -> UnsafeMutableRawBufferPointer {
    guard let place = layout.places[name] else {
      preconditionFailure("tensor \(name) was not declared")
    }
    return UnsafeMutableRawBufferPointer(start: base + place.lowerBound, count: place.count)
  }

  /// Copies values into a tensor's memory.
  ///
  /// - Precondition: the tensor was declared with just this size in bytes.
  package func write<Value: BitwiseCopyable>(_ values: [Value], to name: String) {
    let memory = memory(of: name)
    values.withUnsafeBytes { bytes in
      precondition(
        bytes.count == memory.count, "\(bytes.count) bytes for \(name) of \(memory.count)")
      memory.copyMemory(from: bytes)
    }
  }

  /// Brings everything to the disk and gives the file its name, replacing one that has it.
  ///
  /// - Throws: `CheckpointError.unwritable`; the file that had the name is then untouched.
  package consuming func finish() throws(CheckpointError) {
    do throws(FileError) {
      try file.synchronize(base, byteCount: layout.fileBytes)
      try file.finish()
    } catch {
      throw .unwritable(error)
    }
  }
}
