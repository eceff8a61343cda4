import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Broken checkpoints in the program", .enabled(if: SharedFixtures.present))
struct BadCheckpointTests {
  /// One run of the program, measured by the system.
  private struct Run: Decodable {
    let folder: String
    let status: Int
    let errors: String
    let seconds: Double
    let peakBytes: Int
    let fileBytes: Int
  }

  /// Runs the program with every folder and prints `[Run]` as JSON; the system reports time and
  /// memory only of a process's own children.
  private static let script = """
    import json, os, subprocess, sys, tempfile
    program, root = sys.argv[1:]
    runs = []
    for folder in sorted(f.name for f in os.scandir(root) if f.is_dir()):
        path = os.path.join(root, folder)
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(
                [program, "launch", "--model-path", path, "-p", "hi", "--max-tokens", "1",
                 "--no-packed-cache"], stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            runs.append(dict(
                folder=folder, status=child.returncode, errors=errors.read().decode(),
                seconds=usage.ru_utime + usage.ru_stime, peakBytes=1024 * usage.ru_maxrss,
                fileBytes=sum(f.stat().st_size for f in os.scandir(path))))
    json.dump(runs, sys.stdout)
    """

  @Test("each is refused as recorded, within a second, without memory beyond the file's size")
  func refused() throws {
    let root = SharedFixtures.url("bad-checkpoints")
    let runs = try JSONDecoder().decode(
      [Run].self, from: Program.python(Self.script, [Program.executable.path, root.path]))
    let least = try #require(runs.map(\.peakBytes).min())
    for run in runs where run.folder != "control-good" {
      #expect(run.seconds < 1, "\(run.folder)")
      // Two runs of the same command differ by a megabyte or two, and an answer takes four.
      #expect(run.peakBytes < least + run.fileBytes + (6 << 20), "\(run.folder)")
    }
    let record = runs.map { run in
      "\(run.folder): \(run.status)\n\(run.errors.replacing(root.path, with: "…"))"
    }
    try expectSnapshot(record.joined(separator: "\n"), "bad-checkpoints")
  }
}
