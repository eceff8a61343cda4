// libFuzzer on one of the readers in `FuzzTarget`: `READER=config Fuzz [options] [folders]`.
// The `main` is libFuzzer's; it calls the function that is exported here.

import Foundation
import FuzzTargets

/// The reader that the environment names, and a folder for it.
private let setting: (target: FuzzTarget, folder: ScratchFolder) = {
  let name = ProcessInfo.processInfo.environment["READER"] ?? ""
  guard let target = FuzzTarget(rawValue: name), let folder = try? ScratchFolder(),
    (try? target.prepare(folder)) != nil
  else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(Data("READER must be one of \(names)\n".utf8))
    exit(2)
  }
  atexit { setting.folder.remove() }
  return (target, folder)
}()

/// Called with every input.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  // An error is the right answer to most inputs.
  try? setting.target.run(input, setting.folder)
  return 0
}
