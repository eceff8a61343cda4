/// A GIF file whose first frame declares no transparent colour.
///
/// The decoder makes transparent pixels black, but the palette's colour must stay and only alpha
/// must go. So the flag is cleared in the frame's graphic control extension (GIF89a,
/// section 23). A file that ends early comes back as it is.
func withoutTransparency(gif: [UInt8]) -> [UInt8] {
  var gif = gif
  func byte(_ index: Int) -> UInt8? { index < gif.count ? gif[index] : nil }
  // Behind the 13 bytes of header and screen descriptor comes the colour table, if there is one.
  guard let screenFlags = byte(10) else { return gif }
  var block = 13 + (screenFlags & 0x80 == 0 ? 0 : 3 << (Int(screenFlags & 7) + 1))
  while byte(block) == 0x21, let label = byte(block + 1) {
    if label == 0xF9, byte(block + 2) == 4, let flags = byte(block + 3) {
      gif[block + 3] = flags & ~1
    }
    block += 2
    while let size = byte(block), size > 0 { block += 1 + Int(size) }
    block += 1
  }
  return gif
}
