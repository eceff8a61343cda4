import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Files that a run writes")
struct OutputFilesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a.png", "b.tar", "list", "rows"] { try folder.write(name, to: name) }
    try FileManager.default.createSymbolicLink(
      atPath: path("link"), withDestinationPath: path("a.png"))
    try FileManager.default.linkItem(atPath: path("a.png"), toPath: path("name"))
  }

  private func path(_ name: String) -> String { folder.url.appending(path: name).path }

  private func check(_ targets: [String]) throws {
    let member = CaptionItem(
      name: "b.tar", member: "c.png",
      place: .member(
        of: PictureArchive(path: path("b.tar")), index: 0,
        identity: PictureIdentity(bytes: 1, modified: 1)))
    try OutputFiles.check(
      targets.map { $0.first == "/" ? $0 : path($0) }, inputs: [path("list")],
      items: [CaptionItem(name: "a.png", place: .file(path: path("a.png"))), member])
  }

  @Test(
    "none may be a picture, an archive or another input, by whatever name",
    arguments: ["a.png", "link", "name", "./a.png", "b.tar", "list"])
  func inputs(name: String) throws {
    #expect(throws: CaptioningError.overwritesInput(file: path(name))) {
      try check(["rows", name])
    }
  }

  @Test("no two may be one", arguments: ["rows", "./rows", "missing", "./missing"])
  func twice(name: String) throws {
    #expect(throws: CaptioningError.sameOutput(file: path(name))) {
      try check(["rows", "missing", name])
    }
  }

  @Test("other files, and one device for several, are allowed")
  func others() throws {
    try check(["rows", "missing", "nowhere/missing", "/dev/null", "/dev/null"])
  }

  @Test("a list of failures of another run is not emptied")
  func lockedList() throws {
    let first = try FailureList(path("list"))
    try first.append("a.png")
    #expect(throws: CaptioningError.inUse(file: path("list"))) { try FailureList(path("list")) }
    #expect(try folder.read("list") == "a.png\n")
  }
}
