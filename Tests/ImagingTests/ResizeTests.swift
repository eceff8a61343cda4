import Imaging
import TestSupport
import Testing

@Suite("Resize")
struct ResizeTests {
  private func noise(width: Int, height: Int) -> RGBImage {
    var random = SplitMix64(seed: 3)
    let pixels = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  @Test("an image needs just as many bytes as its size says")
  func needsPixels() async {
    await #expect(processExitsWith: .failure) {
      _ = RGBImage(width: 2, height: 2, pixels: [0, 0, 0])
    }
  }

  @Test("the same size changes nothing")
  func keepsSize() {
    let image = noise(width: 7, height: 9)
    #expect(image.resized(width: 7, height: 9) == image)
  }

  @Test("a colour stays itself at any size", arguments: [(1, 1), (3, 500), (500, 3), (40, 41)])
  func keepsColour(width: Int, height: Int) {
    let colour: [UInt8] = [255, 0, 77]
    let pixels = (0..<width * height).flatMap { _ in colour }
    let image = RGBImage(width: width, height: height, pixels: pixels)
    let resized = image.resized(width: 33, height: 20)
    #expect(resized.pixels == (0..<33 * 20).flatMap { _ in colour })
  }

  @Test("either pass alone changes one side")
  func resizesOneSide() {
    let image = noise(width: 20, height: 30)
    #expect(image.resized(width: 20, height: 15).width == 20)
    // The first pass of two is the same as that pass alone: width first, then height first.
    #expect(
      image.resized(width: 10, height: 25)
        == image.resized(width: 10, height: 30).resized(width: 10, height: 25))
    #expect(
      image.resized(width: 19, height: 10)
        == image.resized(width: 20, height: 10).resized(width: 19, height: 10))
  }
}
