/// The first frame of a GIF file and what it is shown on (GIF89a, sections 18 to 23).
struct GIFFrame {
  /// The columns and rows of the screen that it covers.
  private let columns: Range<Int>
  private let rows: Range<Int>
  /// Where the flags of its graphic control extensions are in the file.
  private let controls: [Int]
  /// Red, green and blue where the frame does not cover the screen.
  private let ground: [UInt8]

  /// Finds the frame; nil in a file that ends early.
  init?(in gif: [UInt8]) {
    func byte(_ index: Int) -> Int? { index < gif.count ? Int(gif[index]) : nil }
    func word(_ index: Int) -> Int? { byte(index + 1).map { $0 << 8 | Int(gif[index]) } }
    func tableBytes(_ flags: Int) -> Int { flags & 0x80 == 0 ? 0 : 3 << ((flags & 7) + 1) }

    guard let screenFlags = byte(10) else { return nil }
    var table = 13..<13 + tableBytes(screenFlags)
    var block = table.upperBound
    var controls: [Int] = []
    var transparent: Int?
    while byte(block) == 0x21, let label = byte(block + 1) {
      if label == 0xF9, byte(block + 2) == 4, let flags = byte(block + 3) {
        controls.append(block + 3)
        if flags & 1 != 0 { transparent = byte(block + 6) }
      }
      block += 2
      while let size = byte(block), size > 0 { block += 1 + size }
      block += 1
    }
    guard byte(block) == 0x2C, let left = word(block + 1), let top = word(block + 3),
      let width = word(block + 5), let height = word(block + 7), let flags = byte(block + 9)
    else { return nil }
    if tableBytes(flags) > 0 { table = block + 10..<block + 10 + tableBytes(flags) }
    let colour = table.lowerBound + 3 * (transparent ?? 0)
    guard table.upperBound <= gif.count else { return nil }
    columns = left..<left + width
    rows = top..<top + height
    ground = colour < table.upperBound ? Array(gif[colour..<colour + 3]) : [0, 0, 0]
    self.controls = controls
  }

  /// The file as the decoder gives what Pillow does: with a screen that holds the whole frame, and without a
  /// transparent colour.
  ///
  /// The decoder makes transparent pixels black, but the palette's colour must stay and only alpha must go.
  func prepared(_ gif: [UInt8]) -> [UInt8] {
    var gif = gif
    for flags in controls { gif[flags] &= ~1 }
    for (index, end) in [(6, columns.upperBound), (8, rows.upperBound)] {
      let side = min(max(Int(gif[index]) | Int(gif[index + 1]) << 8, end), 0xFFFF)
      (gif[index], gif[index + 1]) = (UInt8(side & 0xFF), UInt8(side >> 8))
    }
    return gif
  }

  /// The decoded screen as Pillow fills it: with the transparent colour, or else the palette's first.
  func grounding(_ screen: RGBImage) -> RGBImage {
    guard
      columns.lowerBound > 0 || rows.lowerBound > 0 || columns.upperBound < screen.width
        || rows.upperBound < screen.height
    else { return screen }
    var pixels = screen.pixels
    for row in 0..<screen.height {
      for column in 0..<screen.width where !(rows ~= row && columns ~= column) {
        let first = (row * screen.width + column) * 3
        pixels.replaceSubrange(first..<first + 3, with: ground)
      }
    }
    return RGBImage(width: screen.width, height: screen.height, pixels: pixels)
  }
}
