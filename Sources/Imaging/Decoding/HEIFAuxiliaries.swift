/// A HEIF file in which no auxiliary picture belongs to several others.
///
/// The gain maps of iPhones since iOS 18 do, and libheif before 1.18, such as Debian 12's, refuses the
/// whole file for that. Auxiliary pictures are not looked at, so such a reference gets a type without
/// a meaning. Boxes: ISO/IEC 14496-12, sections 4.2 and 8.11.12.
func withoutSharedAuxiliaries(heif: [UInt8]) -> [UInt8] {
  var changed = heif
  for file in boxes(of: heif, in: heif.indices) where file.type == "meta" {
    for meta in boxes(of: heif, in: file.content.dropFirst(4)) where meta.type == "iref" {
      guard let version = heif[meta.content].first else { continue }
      let idBytes = version == 0 ? 2 : 4
      for reference in boxes(of: heif, in: meta.content.dropFirst(4)) where reference.type == "auxl"
      {
        let count = reference.content.dropFirst(idBytes).prefix(2)
        guard count.count == 2, number(heif[count]) > 1 else { continue }
        changed.replaceSubrange(reference.typePlace, with: "none".utf8)
      }
    }
  }
  return changed
}

/// A box of ISO's base media file format.
private struct Box {
  let type: String
  /// Where the four bytes of its type are.
  let typePlace: Range<Int>
  let content: Range<Int>
}

/// The boxes that follow each other in a part of a file, up to one that does not fit.
private func boxes(of bytes: [UInt8], in part: Range<Int>) -> UnfoldSequence<Box, Range<Int>> {
  sequence(state: part) { rest in
    let start = rest.lowerBound
    guard rest.count >= 8 else { return nil }
    var size = number(bytes[start..<start + 4])
    var header = 8
    if size == 1, rest.count >= 16 {
      size = number(bytes[start + 8..<start + 16])
      header = 16
    } else if size == 0 {
      size = rest.count
    }
    guard (header...rest.count).contains(size) else { return nil }
    rest = start + size..<rest.upperBound
    let typePlace = start + 4..<start + 8
    return Box(
      type: String(decoding: bytes[typePlace], as: UTF8.self), typePlace: typePlace,
      content: start + header..<start + size)
  }
}

/// A number whose highest byte comes first; one that does not fit is negative or wrong.
private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
