import Files
import Foundation
import Synchronization
import Testing

@testable import Captioning

@Suite("Pictures on lines")
struct LineSourceTests {
  @Test("lines are pictures, in their order, however they come")
  func order() {
    let number = Mutex(0)
    let source = LineSource {
      let line = number.withLock { number in
        number += 1
        return number
      }
      return line > 200 ? nil : Array(#"{"image":"\#(line).png"}"#.utf8)
    }
    var names: [String] = []
    while true {
      switch source.next() {
      case .item(let item): names.append(item.name.string)
      case .later: source.wait(seconds: 1)
      case .end:
        #expect(names == (1...200).map { "\($0).png" })
        return
      }
    }
  }

  @Test("one may go while lines are left that nobody took")
  func dropped() {
    weak var dropped: LineSource?
    do {
      let number = Mutex(0)
      let source = LineSource {
        let line = number.withLock { number in
          number += 1
          return number
        }
        return line > 3 ? nil : Array(#"{"image":"\#(line).png"}"#.utf8)
      }
      dropped = source
    }
    // The thread that reads lines holds it until they end.
    for _ in 0..<1000 where dropped != nil { usleep(10_000) }
    #expect(dropped == nil)
  }

  @Test(
    "a line is a path, bytes, or an error",
    arguments: [
      (#"{"image":"a.png"}"#, CaptionItem.Place.file(path: "a.png")),
      (#"{"image":"a.png","data":"YWI="}"#, .memory([0x61, 0x62])),
      (
        #"{"image":"a.png","data":"?"}"#,
        .refused(#"the "data" of line 7 of the input is not base64"#)
      ),
      ("a.png", .refused(#"line 7 of the input is no JSON object with an "image""#)),
    ])
  func forms(line: String, place: CaptionItem.Place) {
    #expect(LineSource.item(Array(line.utf8), number: 7).place == place)
  }
}
