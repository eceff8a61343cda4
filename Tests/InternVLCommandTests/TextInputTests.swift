import Files
import Foundation
import Testing

@testable import InternVLCommand

@Suite("Texts from files")
struct TextInputTests {
  @Test("a byte-order mark is left out, other text is kept to the byte")
  func text() throws {
    #expect(try TextInput.text(Data([0xEF, 0xBB, 0xBF, 0x68, 0x69]), name: "it") == "hi")
    #expect(try TextInput.text(Data("猫\r\n\0".utf8), name: "it") == "猫\r\n\0")
    #expect(try TextInput.text(Data(), name: "it") == "")
  }

  @Test(
    "the first byte that is not UTF-8 is named",
    arguments: [
      ([0xFF], 0), ([0x61, 0xC3], 1), ([0xE7, 0x8C, 0xAB, 0x80], 3), ([0x61, 0xED, 0xA0, 0x80], 1),
      ([0xEF, 0xBB, 0xBF, 0x61, 0xFF], 4),
    ] as [([UInt8], Int)])
  func invalid(bytes: [UInt8], offset: Int) {
    #expect(throws: CommandError.notUTF8(name: "it", offset: offset)) {
      try TextInput.text(Data(bytes), name: "it")
    }
  }

  @Test("a file that is missing or a folder is named")
  func missing() {
    #expect(throws: FileError(.open, "/no.txt", .system(code: ENOENT))) {
      try TextInput.file("/no.txt")
    }
    #expect(throws: FileError(.read, "/tmp", .system(code: EISDIR))) {
      try TextInput.file("/tmp")
    }
  }
}
