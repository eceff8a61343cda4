/// The formats that can be read, recognised by their first bytes, never by a file's name.
enum ImageFormat: String {
  case jpeg = "JPEG"
  case png = "PNG"
  case webp = "WebP"
  case gif = "GIF"
  case tiff = "TIFF"
  case bmp = "BMP"
  case heif = "HEIF"
  case pdf = "PDF"

  /// The major brands of ISO 23008-12 (HEIC) and of AVIF that name still pictures.
  private static let heifBrands: Set = [
    "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis",
  ]

  /// The format that `bytes` begin with; nil when it is none of these.
  init?(sniffing bytes: [UInt8]) {
    func has(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: signature)
    }
    if has([0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if has([0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A]) {
      self = .png
    } else if has(Array("RIFF".utf8)), has(Array("WEBP".utf8), at: 8) {
      self = .webp
    } else if has(Array("GIF87a".utf8)) || has(Array("GIF89a".utf8)) {
      self = .gif
    } else if Self.tiffSignatures.contains(where: { has($0) }) {
      self = .tiff
    } else if has(Array("BM".utf8)) {
      self = .bmp
    } else if has(Array("ftyp".utf8), at: 4),
      Self.heifBrands.contains(String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self))
    {
      self = .heif
    } else if has(Array("%PDF-".utf8)) {
      self = .pdf
    } else {
      return nil
    }
  }

  /// Little- and big-endian TIFF, then BigTIFF.
  private static let tiffSignatures: [[UInt8]] = [
    [0x49, 0x49, 42, 0], [0x4D, 0x4D, 0, 42], [0x49, 0x49, 43, 0], [0x4D, 0x4D, 0, 43],
  ]

  /// The library's function that reads this format and no other.
  ///
  /// ImageMagick reads BMP; it looks at the content itself and finds BMP by the same two bytes.
  var loader: String {
    switch self {
    case .jpeg: "vips_jpegload_buffer"
    case .png: "vips_pngload_buffer"
    case .webp: "vips_webpload_buffer"
    case .gif: "vips_gifload_buffer"
    case .tiff: "vips_tiffload_buffer"
    case .bmp: "vips_magickload_buffer"
    case .heif: "vips_heifload_buffer"
    case .pdf: "vips_pdfload_buffer"
    }
  }

  /// Whether a file is a stack of pages; an animation is not, since only its first frame counts.
  var hasPages: Bool { self == .tiff || self == .pdf }

  /// Dots per inch at which pages without pixels are drawn; 0 for formats with pixels.
  ///
  /// An A4 page becomes 1654 x 2339 pixels, somewhat more than the twelve 448-pixel tiles that it
  /// is cut into.
  var dotsPerInch: Double { self == .pdf ? 200 : 0 }
}
