import CVips

/// How decoded samples become red, green and blue: the rules of Pillow's `convert("RGB")`.
///
/// Alpha and further bands are dropped without blending. Of 16-bit samples the high byte counts
/// (Pillow cuts 16-bit grey at 255 instead, which turns nearly every picture white).
struct SampleLayout {
  private enum Colours { case grey, rgb, cmyk }

  private let colours: Colours
  private let bands: Int
  private let sampleBytes: Int

  /// Nil when the header names a colour space without a rule.
  init?(_ header: CVipsHeader) {
    bands = Int(header.bands)
    sampleBytes = Int(header.format) == CVIPS_FORMAT_USHORT ? 2 : 1
    switch (Int(header.interpretation), bands) {
    case (CVIPS_INTERPRETATION_CMYK, 4...):
      colours = .cmyk
    case (CVIPS_INTERPRETATION_B_W, _), (CVIPS_INTERPRETATION_GREY16, _),
      (CVIPS_INTERPRETATION_MULTIBAND, 1...2):
      colours = .grey
    case (CVIPS_INTERPRETATION_SRGB, 3...), (CVIPS_INTERPRETATION_RGB, 3...),
      (CVIPS_INTERPRETATION_RGB16, 3...), (CVIPS_INTERPRETATION_SCRGB, 3...),
      (CVIPS_INTERPRETATION_MULTIBAND, 3...4):
      colours = .rgb
    default:
      return nil
    }
  }

  /// Appends the colours of whole rows of samples.
  ///
  /// - Parameters:
  ///   - samples: `[pixels, bands]`, 16-bit samples in little-endian order.
  ///   - pixels: gets 3 bytes per pixel.
  func appendColours(of samples: [UInt8], to pixels: inout [UInt8]) {
    if colours == .rgb && bands == 3 && sampleBytes == 1 {
      pixels.append(contentsOf: samples)
      return
    }
    let high = sampleBytes - 1
    for first in stride(from: 0, to: samples.count, by: bands * sampleBytes) {
      func sample(_ band: Int) -> UInt8 { samples[first + band * sampleBytes + high] }
      switch colours {
      case .grey:
        let grey = sample(0)
        pixels.append(grey)
        pixels.append(grey)
        pixels.append(grey)
      case .rgb:
        pixels.append(sample(0))
        pixels.append(sample(1))
        pixels.append(sample(2))
      case .cmyk:
        let light = 255 - Int(sample(3))
        for ink in 0..<3 {
          // light - round(ink * light / 255)
          pixels.append(UInt8(light - (Int(sample(ink)) * light + 127) / 255))
        }
      }
    }
  }
}
