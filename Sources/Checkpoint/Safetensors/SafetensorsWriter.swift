package import Foundation
package import Kernels

/// Writes a safetensors file through a mapping of its final size.
///
/// All tensors are declared first; their memory can then be filled in any order, from several
/// threads at once. The file has another name, its own with `.part` behind, until `finish()` gives it
/// its own, complete and on the disk. A writer that goes away without `finish()` leaves nothing
/// behind; what a program that was killed left is overwritten by the next writer.
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

  /// Ends the names of files that are being written.
  package static let unfinishedSuffix = ".part"

  private let url: URL
  private let temporary: String
  private let descriptor: Int32
  private let base: UnsafeMutableRawPointer
  private let layout: SafetensorsLayout
  private var isFinished = false

  /// Reserves the space for the tensors, and writes the header.
  ///
  /// Waits for other writers of the same file, also in other programs, to finish or go away; what they
  /// wrote then has the name. Where a tensor's size is a multiple of 64 bytes, its memory is aligned to 64.
  ///
  /// - Parameters:
  ///   - url: the file to make or replace; its folder must exist.
  ///   - tensors: what it will hold.
  ///   - metadata: text to keep with it, under keys of the caller's choice.
  /// - Throws: `CheckpointError.unwritable`, also where the disk has too little space, or a signal
  ///   ends the waiting.
  /// - Precondition: no two tensors have the same name.
  package init(
    _ url: URL, tensors: [Declaration], metadata: [String: String] = [:]
  ) throws(CheckpointError) {
    let layout = SafetensorsLayout(tensors, metadata: metadata)
    let name = url.lastPathComponent
    let temporary = url.path(percentEncoded: false) + Self.unfinishedSuffix
    guard let descriptor = Self.openAlone(temporary) else {
      throw .unwritable(file: name, reason: .lastSystemError)
    }
    guard let base = Self.map(descriptor, byteCount: layout.fileBytes) else {
      let reason = String.lastSystemError
      close(descriptor)
      unlink(temporary)
      throw .unwritable(file: name, reason: reason)
    }
    base.copyMemory(from: layout.header, byteCount: layout.header.count)
    self.url = url
    self.temporary = temporary
    self.descriptor = descriptor
    self.base = base
    self.layout = layout
  }

  deinit {
    munmap(base, layout.fileBytes)
    // Before the lock goes: afterwards the name may be another writer's.
    if !isFinished { unlink(temporary) }
    close(descriptor)
  }

  /// Opens an empty file that no other writer has, or sets `errno`.
  private static func openAlone(_ path: String) -> Int32? {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { return nil }
      guard flock(descriptor, LOCK_EX) == 0 else { return closeAfterFault(descriptor) }
      // Whoever had the lock may have given the file its own name, or removed it.
      guard has(descriptor, name: path) else {
        close(descriptor)
        continue
      }
      return ftruncate(descriptor, 0) == 0 ? descriptor : closeAfterFault(descriptor)
    }
  }

  private static func has(_ descriptor: Int32, name: String) -> Bool {
    var opened = stat()
    var named = stat()
    return fstat(descriptor, &opened) == 0 && lstat(name, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  /// Closes a file and keeps `errno`.
  private static func closeAfterFault(_ descriptor: Int32) -> Int32? {
    let code = errno
    close(descriptor)
    errno = code
    return nil
  }

  /// Gives a file its size and maps it for writing, or sets `errno`.
  private static func map(_ descriptor: Int32, byteCount: Int) -> UnsafeMutableRawPointer? {
    #if os(Linux)
      // Without space set aside, a full disk would end the process at some store to the mapping.
      let code = posix_fallocate(descriptor, 0, off_t(byteCount))
      guard code == 0 else {
        errno = code
        return nil
      }
    #else
      guard ftruncate(descriptor, off_t(byteCount)) == 0 else { return nil }
    #endif
    guard let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      base != MAP_FAILED
    else { return nil }
    adviseHugePages(base, byteCount: byteCount)
    return base
  }

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
    guard msync(base, layout.fileBytes, MS_SYNC) == 0, fsync(descriptor) == 0,
      rename(temporary, url.path(percentEncoded: false)) == 0
    else { throw .unwritable(file: url.lastPathComponent, reason: .lastSystemError) }
    isFinished = true
  }
}
