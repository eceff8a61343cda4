import Files
import Testing

@Suite("Texts")
struct TextTests {
  @Test(
    "byte counts have three digits",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (9995, "10.0 kB"), (99_950, "100 kB"),
      (999_499, "999 kB"), (999_500, "1.00 MB"), (1_876_395_376, "1.88 GB"),
      (156_817_000_000, "157 GB"), (Int.max, "9223372 TB"),
    ])
  func byteCount(bytes: Int, text: String) {
    #expect("\(ByteCount(bytes))" == text)
  }

  @Test("hexadecimal digits keep leading zeros")
  func hexadecimal() {
    #expect([UInt8(0), 10, 255].hexadecimal == "000aff")
    #expect(UInt32(0xA0).hexadecimal == "000000a0")
    #expect(UInt8(7).hexadecimal == "07")
  }

  @Test(
    "a text goes in front of a path's ending",
    arguments: [
      ("a.b/c.tar.GZ", "a.b/c.tar-2.GZ"), ("a.b/c", "a.b/c-2"), ("a/.c", "a/.c-2"),
      ("a.\u{E9}\u{301}", "a-2.\u{E9}\u{301}"), ("", "-2"),
    ])
  func beforeEnding(path: String, expected: String) {
    #expect(path.insertingBeforePathEnding("-2") == expected)
  }

  @Test("names from files cannot command the terminal")
  func printable() {
    #expect("a\u{1B}[2Jb\u{202E}".printable == "a\\u{1b}[2Jb\\u{202e}")
    #expect(String(repeating: "x", count: 300).printable.count == 201)
    #expect("a\nb".quoted == "'a\\u{a}b'")
  }
}
