import TestSupport
import Testing

@testable import InternVL

/// Tokens that a sampler which sorts all logits by comparisons drew, one after another.
struct RecordedDraws: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let logits: BellShapedLogits
  let options: GenerationOptions
  let tokens: [Int32]

  static let all: [RecordedDraws] = [
    RecordedDraws(
      testDescription: "logits of a flat distribution, top-k and top-p", logits: .flat,
      options: GenerationOptions(temperature: 1, topP: 0.95, topK: 50, seed: 11),
      tokens: [
        115526, 39956, 1473, 55880, 97638, 29743, 10495, 98168, 137374, 29743, 119180,
        98168, 142954, 21214, 119180, 39956, 97638, 46760, 10495, 1473, 54106, 140538,
        147976, 84680, 46876, 141560, 1473, 142472, 65990, 46760, 150619, 83577, 98686,
        12548, 80735, 1473, 37642, 83577, 21214, 91907, 676, 140538, 80735, 21214,
        46876, 54106, 80735, 142472,
      ]),
    RecordedDraws(
      testDescription: "a flat distribution, top-p over the whole vocabulary", logits: .flat,
      options: GenerationOptions(temperature: 1, topP: 0.95, topK: 0, seed: 12),
      tokens: [
        57689, 83382, 99451, 57580, 89052, 27844, 59862, 127037,
        110704, 37747, 102705, 6993,
      ]),
    RecordedDraws(
      testDescription: "a flat distribution, the whole vocabulary", logits: .flat,
      options: GenerationOptions(temperature: 1, topP: 1, topK: 0, seed: 13),
      tokens: [
        36326, 100230, 86406, 16439, 134458, 31260, 133220, 146574,
        41793, 29094, 108300, 102432,
      ]),
    RecordedDraws(
      testDescription: "a steep distribution, top-p", logits: .steep,
      options: GenerationOptions(temperature: 0.7, topP: 0.95, topK: 0, seed: 14),
      tokens: [
        112477, 89148, 46090, 32636, 35359, 82458, 32636, 17564, 15671, 19562, 133516,
        78303, 76499, 56221, 88730, 62651, 42336, 64655, 33988, 129444, 112308, 30992,
        137832, 39737, 136000, 20292, 89379, 20828, 2535, 4123, 18597, 62059, 125233,
        28235, 2535, 123294, 12361, 83720, 39271, 80779, 76515, 62173, 17247, 149029,
        130842, 106487, 66611, 115625,
      ]),
    RecordedDraws(
      testDescription: "a steep distribution at a low temperature", logits: .steep,
      options: GenerationOptions(temperature: 0.2, topP: 1, topK: 0, seed: 15),
      tokens: [
        117598, 50045, 140449, 29677, 39737, 10600, 33988, 2535, 33988, 140449, 76666,
        33988, 2535, 38818, 33988, 33988, 10600, 145662, 38818, 1780, 10600, 113784,
        33988, 33988, 90000, 33988, 140449, 140449, 24785, 33988, 66611, 24785, 140449,
        2535, 76666, 24785, 2535, 113784, 10600, 10600, 10600, 12335, 2535, 10600,
        144318, 38818, 38818, 33988,
      ]),
    RecordedDraws(
      testDescription: "a large top-k", logits: .steep,
      options: GenerationOptions(temperature: 1.5, topP: 0.9, topK: 5000, seed: 16),
      tokens: [
        17654, 51559, 15255, 20292, 116236, 50164, 82998, 138950,
        97185, 106593, 114304, 51360,
      ]),
    RecordedDraws(
      testDescription: "a repetition penalty", logits: .steep,
      options: GenerationOptions(
        temperature: 0.3, topP: 0.9, topK: 20, repetitionPenalty: 1.3, seed: 17),
      tokens: [
        34415, 105678, 1780, 74319, 33988, 50045, 31707, 97822, 24785, 140449, 2535,
        90000, 145662, 24909, 113784, 39737, 38818, 47663, 6516, 10600, 19320, 433,
        76666, 39100, 151374, 67256, 129444, 129660, 144318, 18988, 66611, 30992,
        129189, 109124, 12335, 111087, 109000, 42435, 85191, 121917, 146702, 35513,
        29404, 68361, 129925, 9464, 76917, 50079,
      ]),
    RecordedDraws(
      testDescription: "equal logits, top-k", logits: .equal,
      options: GenerationOptions(temperature: 1, topP: 1, topK: 50, seed: 18),
      tokens: [
        56919, 56919, 51730, 2923, 5190, 2923, 90373, 20710, 90, 6364, 61119, 91653,
        2923, 51730, 109274, 33605, 91653, 79586, 59322, 46481, 128145, 9874, 13140,
        19629, 79586, 13140, 59322, 101577, 52492, 90373, 27481, 108220, 6364, 82593,
        84059, 13140, 134825, 134183, 13140, 84059, 46481, 82593, 134183, 90373, 27245,
        25028, 134825, 129343,
      ]),
    RecordedDraws(
      testDescription: "equal logits, top-p", logits: .equal,
      options: GenerationOptions(temperature: 1, topP: 0.5, topK: 0, seed: 19),
      tokens: [
        41469, 107452, 139937, 102792, 14735, 3673, 38422, 76713,
        18155, 4471, 126997, 93319,
      ]),
    RecordedDraws(
      testDescription: "equal logits, a top-k of a quarter of the vocabulary", logits: .equal,
      options: GenerationOptions(temperature: 3, topP: 0.99, topK: 40000, seed: 20),
      tokens: [
        105709, 12778, 43318, 51770, 122542, 66745, 66335, 30232,
        27975, 76841, 89708, 61175,
      ]),
  ]
}

/// Logits of the real vocabulary's size: seeded, and spread like a bell.
struct BellShapedLogits: Sendable {
  let standardDeviation: Float
  /// Logits are multiples of this where it is not 0, so that many are equal.
  var step: Float = 0
  let seed: UInt64

  static let flat = BellShapedLogits(standardDeviation: 0.6, seed: 1)
  static let steep = BellShapedLogits(standardDeviation: 3, seed: 2)
  static let equal = BellShapedLogits(standardDeviation: 2, step: 0.25, seed: 3)

  var values: [Float] {
    var random = SplitMix64(seed: seed)
    var logits: [Float] = []
    for _ in 0..<151_674 {
      let bits = random.next()
      // Four uniform numbers of variance 1 / 12.
      var sum: Float = 0
      for shift: UInt64 in [0, 16, 32, 48] { sum += Float(bits >> shift & 0xFFFF) / 65536 - 0.5 }
      let logit = sum * 1.7320508 * standardDeviation
      logits.append(step == 0 ? logit : (logit / step).rounded() * step)
    }
    return logits
  }
}
