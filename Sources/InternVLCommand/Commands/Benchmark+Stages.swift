import InternVL
import Kernels

extension Benchmark {
  /// Something that is run and timed.
  struct Stage {
    let measure: String
    /// How many tokens a run computes; nil where its seconds are the value.
    var tokens: Int?
    /// Brings about what a run begins with.
    var prepare: () -> Void = {}
    /// The bytes or operations of the next run that its limit counts.
    let work: () -> Double
    let run: () -> Void
    /// Clears away what is left of a run.
    var end: () -> Void = {}
  }

  private static let decodeSteps = 16

  /// The limit that bounds products of many rows.
  var arithmeticLimit: KeyPath<MachineLimits, Double> {
    model.precision == .fast ? \.int8Operations : \.floatOperations
  }

  var tile: Stage {
    Stage(
      measure: "tile", work: { [model] in 2 * Double(model.tileMultiplyAdds) },
      run: model.benchmarkTile)
  }

  func prefill(_ count: Int) -> Stage {
    Stage(
      measure: "prefill \(count)", tokens: count,
      prepare: { [self] in requests.add(count, number: newNumbers()) },
      work: { [self] in promptOperations(count) }, run: requests.read, end: requests.end)
  }

  /// Greedy decoding at a depth, of one answer or of several together.
  func decode(count: Int, depth: Int) -> Stage {
    let name = count == 1 ? "decode at \(depth)" : "decode of \(count) together"
    return decode(name, count: count, depth: depth, options: GenerationOptions())
  }

  /// Decoding that draws its tokens; its share of the limit counts the bytes of greedy decoding.
  func sampling(_ depth: Int, topK: Int) -> Stage {
    decode(
      "decode at \(depth), top-k \(topK)", count: 1, depth: depth,
      options: GenerationOptions(temperature: 1, topP: 0.95, topK: topK, seed: 1))
  }

  /// Greedy decoding of answers that are held to a shape.
  func shaped(_ depth: Int) -> Stage {
    decode(
      "decode at \(depth), any object", count: 1, depth: depth,
      options: GenerationOptions(shape: .anyObject))
  }

  private func decode(
    _ name: String, count: Int, depth: Int, options: GenerationOptions
  ) -> Stage {
    let (first, steps) = (newNumbers(count), Self.decodeSteps)
    return Stage(
      measure: name, tokens: count * steps,
      prepare: { [self] in begin(count, first: first, depth: depth, options: options) },
      work: { [self] in Double((model.greedyBytes + requests.cacheBytes) * steps) },
      run: { [requests] in requests.step(steps) }, end: requests.end)
  }

  /// A step of some answers, a piece of a prompt, and both in one pass: how much each slows the other.
  var mixedPasses: [Stage] {
    let (count, piece) = (BenchmarkLengths.mixedAnswers, VisionLanguageModel.pieceTokens)
    let first = newNumbers(count)
    func stage(_ name: String, answers: Int, hasPrompt: Bool) -> Stage {
      Stage(
        measure: name,
        prepare: { [self] in
          begin(answers, first: first, depth: piece, options: GenerationOptions())
          if hasPrompt { requests.add(2 * piece, number: newNumbers()) }
        },
        work: { [self] in promptOperations(answers + (hasPrompt ? piece : 0)) },
        run: { [requests] in requests.step() }, end: requests.end)
    }
    return [
      stage("pass of \(count) answers", answers: count, hasPrompt: false),
      stage("pass of \(piece) of a prompt", answers: 0, hasPrompt: true),
      stage("pass of both", answers: count, hasPrompt: true),
    ]
  }

  /// Begins answers at a depth.
  ///
  /// Their prompts are a token longer: when one is read again, that token is the only one that is not
  /// remembered.
  private func begin(_ count: Int, first: Int, depth: Int, options: GenerationOptions) {
    for number in first..<first + count {
      requests.add(depth + 1, number: number, options: options)
    }
    requests.read()
  }

  private func promptOperations(_ tokens: Int) -> Double {
    2 * Double(model.prefillMultiplyAdds * tokens)
  }
}

/// Of how many tokens a benchmark's prompts and answers are.
struct BenchmarkLengths {
  /// How many answers there are in the passes that also read a prompt.
  static let mixedAnswers = 4

  /// Tokens of the longest prompt and its answer.
  let context: Int
  /// The most answers at the same time.
  let sequences: Int
  /// Tokens of all prompts and answers that are to be in memory at the same time.
  let cache: Int

  init(_ options: BenchCommand) {
    let (piece, answer) = (VisionLanguageModel.pieceTokens, BenchmarkRequests.answerTokens)
    let depths = options.depth.values.map { $0 + 1 }
    context = (options.prefill.values + depths + [2 * piece]).reduce(0, max) + answer
    sequences = options.batch.values.reduce(Self.mixedAnswers + 1, max)
    let alone = depths.reduce(0) { $0 + $1 + answer } + 3 * (1 + answer)
    let mixed = Self.mixedAnswers * (piece + 1 + answer) + 2 * piece + answer
    cache = max(context, alone, sequences * (1 + answer), mixed)
  }
}
