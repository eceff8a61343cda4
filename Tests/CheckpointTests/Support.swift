import Foundation

@testable import Checkpoint

/// A folder for one test, removed with it.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appending(path: "checkpoint-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file into the folder and gives its address.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> URL {
    let file = url.appending(path: name)
    try Data(bytes).write(to: file)
    return file
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> URL {
    try write(name, Array(text.utf8))
  }
}

/// The bytes of a safetensors file with the given header and data section.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
  littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
}

func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension TensorView {
  /// The elements' bytes, row-major.
  var elementBytes: [UInt8] {
    let source = contiguous()
    return withExtendedLifetime(source) {
      Array(UnsafeRawBufferPointer(start: source.pointer, count: source.byteCount))
    }
  }
}

/// The error that `body` throws, or nil.
func checkpointError<Result>(
  _ body: () throws(CheckpointError) -> Result
) -> CheckpointError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
