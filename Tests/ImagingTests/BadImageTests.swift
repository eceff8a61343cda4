import Files
import Foundation
import Imaging
import Testing

@Suite("Bad pictures")
struct BadImageTests {
  /// A folder that is removed after the test.
  private final class Scratch {
    let url = FileManager.default.temporaryDirectory.appending(path: "imaging-\(UUID())")
    init() throws {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  private func error(_ bytes: [UInt8], limits: ImageLimits = .standard) -> ImagingError? {
    #expect(throws: ImagingError.self) { try decodeImage(bytes, name: "x", limits: limits) }
  }

  /// Of `pages.tiff` the half still holds the first page.
  private static let files = Set(Fixtures.expected.map(\.file)).subtracting(["pages.tiff"])

  @Test("a file cut in half is an error", arguments: files.sorted())
  func refusesCutFiles(file: String) throws {
    let bytes = try Fixtures.bytes(file)
    guard case .damaged("x", _, _) = error(Array(bytes.prefix(bytes.count / 2))) else {
      Issue.record("not reported as damaged")
      return
    }
  }

  @Test("no bytes, text and unknown content are told apart from damage")
  func refusesOtherContent() {
    #expect(error([]) == .empty(name: "x"))
    #expect(error(Array("hello".utf8)) == .notAnImage(name: "x"))
    #expect(
      error(Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)) == .notAnImage(name: "x"))
    #expect(error([0xFF]) == .notAnImage(name: "x"))
  }

  @Test("a message says what is wrong and what to do")
  func explainsItself() {
    let message = error(Array("hello".utf8)).map { "\($0)" }
    #expect(
      message == "'x' is not a picture that can be read; convert it to JPEG, PNG, WebP, GIF, TIFF, "
        + "BMP, HEIC, AVIF or PDF")
  }

  @Test("limits count pixels, sides and bytes")
  func keepsLimits() throws {
    let bytes = try Fixtures.bytes("rgb24.bmp")  // 6 x 5
    var limits = ImageLimits(maxPixels: 30, maxSide: 6, maxFileBytes: bytes.count)
    #expect(throws: Never.self) { try decodeImage(bytes, name: "x", limits: limits) }
    limits.maxPixels = 29
    #expect(
      error(bytes, limits: limits)
        == .tooManyPixels(
          name: "x", width: 6, height: 5, limits: limits))
    limits = ImageLimits(maxPixels: 30, maxSide: 5, maxFileBytes: bytes.count)
    #expect(
      error(bytes, limits: limits)
        == .tooManyPixels(
          name: "x", width: 6, height: 5, limits: limits))
    limits.maxFileBytes -= 1
    #expect(throws: ImagingError.fileTooLarge(name: "x", limitBytes: limits.maxFileBytes)) {
      try decodeImage(contentsOf: Fixtures.url("rgb24.bmp"), name: "x", limits: limits)
    }
  }

  @Test("a PDF page of a mile is refused before it is drawn")
  func refusesHugePage() throws {
    #expect(
      error(try Fixtures.bytes("huge-page.pdf"))
        == .tooManyPixels(
          name: "x", width: 277778, height: 277778, limits: .standard))
  }

  @Test("pages outside the file are refused", arguments: [-1, 3, Int.max])
  func refusesMissingPages(page: Int) throws {
    let error = #expect(throws: ImagingError.self) {
      try decodeImage(contentsOf: Fixtures.url("pages.tiff"), name: "x", page: page)
    }
    #expect(error.map { "\($0)" }?.hasSuffix("it has 3 pages") == true)
  }

  @Test("a missing file, a folder, a device and an idle pipe are errors, at once")
  func refusesOtherFiles() throws {
    let scratch = try Scratch()
    let pipe = scratch.url.appending(path: "pipe")
    #expect(mkfifo(pipe.path(percentEncoded: false), 0o600) == 0)
    let expected: [(URL, ImagingError)] = [
      (
        scratch.url.appending(path: "none"),
        .unreadable(name: "x", .system(code: ENOENT))
      ),
      (scratch.url, .unreadable(name: "x", .isFolder)),
      (URL(filePath: "/dev/null"), .unreadable(name: "x", .notAFile)),
      (pipe, .empty(name: "x")),
    ]
    for (url, error) in expected {
      #expect(throws: error) { try decodeImage(contentsOf: url, name: "x") }
    }
  }
}
