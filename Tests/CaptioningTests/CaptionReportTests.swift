import Files
import Foundation
import Imaging
import TestSupport
import Testing

@testable import Captioning

@Suite("Reports")
struct CaptionReportTests {
  private let folder: TemporaryFolder
  private var path: String { folder.url.appending(path: "report.html").path }

  init() throws { folder = try TemporaryFolder() }

  /// Pictures 400 pixels wide, with a row each; the last one has an error.
  private func write(_ count: Int, partSize: Int = 10, text: String = "A cat.") throws {
    let picture = RGBImage(width: 400, height: 200, pixels: Array(repeating: 200, count: 240_000))
    let bytes = try picture.encodedAsPNG()
    var items: [CaptionItem] = []
    var rows: [ExactText: CaptionRow] = [:]
    for number in 1...count {
      let file = try folder.write(bytes, to: "\(number).png")
      let item = CaptionItem(name: "<\(number)>.png", place: .file(path: file.path))
      items.append(item)
      rows[item.rowName] = CaptionRow(
        name: item.rowName,
        outcome: number == count ? .failed("no <b>picture</b>") : .caption(Caption(text)),
        width: 400, height: 200, settings: .tiny)
    }
    try CaptionReport(path, orientation: .upright, partSize: partSize)
      .write(title: "Captions", items: items, rows: rows)
  }

  @Test("it has a card a picture, with a small picture inside")
  func cards() throws {
    try write(3)
    let html = try folder.read("report.html")
    #expect(html.components(separatedBy: "<article").count == 4)
    #expect(html.contains(#"width="192" height="96" src="data:image/jpeg;base64,/9j/"#))
    #expect(html.contains("3 pictures: 2 captioned, 1 failed · model tiny, prompt What?"))
    #expect(html.hasSuffix("</html>\n"))
  }

  @Test("names, texts and errors are shown as they are, not run")
  func hostile() throws {
    try write(2, text: "<script>alert(1)</script>")
    let html = try folder.read("report.html")
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(html.contains("no &lt;b&gt;picture&lt;/b&gt;"))
    #expect(html.components(separatedBy: "<script>").count == 2)
  }

  @Test("one that is cancelled is not written")
  func cancelled() throws {
    let item = CaptionItem(name: "a.png", place: .file(path: "a.png"))
    let row = CaptionRow(name: item.rowName, outcome: .failed("damaged"), settings: .tiny)
    try CaptionReport(path, orientation: .upright).write(
      title: "Captions", items: [item], rows: [item.rowName: row], isCancelled: { true })
    #expect(FileSystem.kind(of: path) == nil)
  }

  @Test("a large one has several pages that know each other")
  func parts() throws {
    try write(5, partSize: 2)
    for (name, count) in [("report.html", 2), ("report-2.html", 2), ("report-3.html", 1)] {
      let html = try folder.read(name)
      #expect(html.components(separatedBy: "<article").count == count + 1)
      #expect(html.contains(#"<a href="report-3.html">5 to 5</a>"#))
    }
  }
}
