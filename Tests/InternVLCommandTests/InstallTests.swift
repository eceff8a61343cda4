import Foundation
import TestSupport
import Testing

@Suite("An installed program")
struct InstallTests {
  @Test("finds its demo where make install puts it")
  func demo() throws {
    let stage = try TemporaryFolder()
    let make = Process()
    make.executableURL = URL(filePath: "/usr/bin/env")
    make.currentDirectoryURL = SharedFixtures.projectRoot
    // The recipe alone, over the program that is there.
    make.arguments = [
      "make", "--silent", "--old-file=build", "install", "BINARY=\(Program.executable.path)",
      "DESTDIR=\(stage.url.path)", "PREFIX=/usr",
    ]
    try make.run()
    make.waitUntilExit()
    #expect(make.terminationStatus == 0)
    let result = try Program.run(["demo"], program: stage.url.appending(path: "usr/bin/internvl"))
    #expect(result.errors.contains(stage.url.path), "\(result.errors)")
    #expect(result.output.hasPrefix("Three shapes: "), "\(result.errors)")
  }
}
