// libFuzzer on one of the readers in `FuzzTarget`: `READER=config Fuzz [options] [folders]`.
// The `main` is libFuzzer's; it calls the function that is exported here.

import Foundation
import FuzzTargets

/// The reader that the environment names, a folder for it, and what its inputs may cost.
private let setting: (target: FuzzTarget, folder: ScratchFolder, cost: CostLimit) = {
  let name = ProcessInfo.processInfo.environment["READER"] ?? ""
  guard let target = FuzzTarget(rawValue: name), let folder = try? ScratchFolder(),
    (try? target.prepare(folder)) != nil
  else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(Data("READER must be one of \(names)\n".utf8))
    exit(2)
  }
  atexit { setting.folder.remove() }
  return (target, folder, CostLimit(allowedKiB: target == .image ? 256 << 10 : 64 << 10))
}()

/// Called with every input.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  let start = setting.cost.start()
  // An error is the right answer to most inputs.
  try? setting.target.run(input, setting.folder)
  setting.cost.check(since: start, inputBytes: count)
  return 0
}
