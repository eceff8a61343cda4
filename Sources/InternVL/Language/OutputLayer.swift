import Kernels
import StructuredOutput

/// The weights that turn a hidden state into logits, `[vocabulary, hidden]`.
enum OutputWeights {
  /// As stored.
  case rows(WeightMatrix)
  /// 8 bits in two halves, of which a greedy choice reads one.
  case screened(ScreenedMatrix)

  var byteCount: Int {
    switch self {
    case .rows(let matrix): matrix.byteCount
    case .screened(let matrix): matrix.layout.byteCount
    }
  }

  /// Bytes that a greedy choice reads.
  var greedyByteCount: Int {
    switch self {
    case .rows(let matrix): matrix.byteCount
    case .screened(let matrix): matrix.layout.screenedByteCount
    }
  }
}

/// The logits of a row that somebody needs.
enum LogitDemand: Equatable {
  /// Which token has the largest; no logit.
  case likeliest
  /// The `count` largest, and those less than `margin` below them.
  case largest(_ count: Int, margin: Float)
  case all
}

/// The last norm and product of the decoder: hidden states to logits, or to the likeliest token.
struct OutputLayer: ~Copyable {
  private let weights: OutputWeights
  private let screening: Screening?
  private var input: Activations
  /// `[rows, vocabulary]`: logits, or estimates of them.
  private var products: Activations

  /// Reserves scratch for `capacity` rows.
  init(_ weights: OutputWeights, configuration: LanguageConfiguration, capacity: Int) {
    self.weights = weights
    input = Activations(capacity: capacity, columns: configuration.hidden)
    products = Activations(capacity: capacity, columns: configuration.vocabulary)
    switch weights {
    case .rows: screening = nil
    case .screened(let matrix): screening = Screening(matrix, capacity: capacity)
    }
  }

  /// Bytes of the scratch for `capacity` rows.
  static func scratchBytes(
    _ configuration: LanguageConfiguration, arithmetic: Arithmetic, capacity: Int
  ) -> Int {
    let hidden = configuration.hidden
    return Activations.byteCount(capacity: capacity, columns: hidden)
      + Activations.byteCount(capacity: capacity, columns: configuration.vocabulary)
      + (arithmetic == .int8 ? Screening.byteCount(capacity: capacity, columns: hidden) : 0)
  }

  /// Begins with new hidden states, `[rows, hidden]`.
  mutating func multiply(
    _ states: borrowing Activations, normalizedBy norm: NormWeights, epsilon: Float,
    on compute: Compute
  ) {
    compute.normalize(states, norm, epsilon: epsilon, into: &input)
    products.rows = input.rows
    switch weights {
    case .rows(let matrix):
      compute.multiply(
        input, matrix, bias: nil, gemvRows: input.rows, into: &products)
    case .screened: screening?.estimate(input, into: &products, on: compute)
    }
  }

  /// Whether a row's hidden state consists of numbers, as no damaged model's does.
  func isFinite(row: Int) -> Bool {
    let state = UnsafeBufferPointer(
      start: input.pointer + row * input.columns, count: input.columns)
    return state.allSatisfy(\.isFinite)
  }

  /// The token with the largest logit of a row among those that are allowed, the first of equals; once
  /// after each product.
  mutating func likeliest(
    row: Int, among allowed: TokenMask? = nil, on compute: Compute
  ) -> Int32 {
    if let allowed { values(of: row).restrict(to: allowed) }
    if let screening { return Int32(screening.largest(row, of: products, on: compute)) }
    return Int32(logits(row: row, .all, on: compute).indexOfLargest)
  }

  /// The logits of a row, `[vocabulary]`; once after each product.
  ///
  /// Those that are not needed may be −infinity. Whoever needs all gets those of tokens that are not
  /// allowed as well.
  mutating func logits(
    row: Int, _ demand: LogitDemand, among allowed: TokenMask? = nil, on compute: Compute
  ) -> UnsafeMutableBufferPointer<Float> {
    if let allowed, demand != .all { values(of: row).restrict(to: allowed) }
    if case .largest(let count, let margin) = demand {
      screening?.complete(row, largest: count, margin: margin, of: &products, on: compute)
    } else {
      screening?.complete(row, of: &products, on: compute)
    }
    return values(of: row)
  }

  /// What the last product has for a row, `[vocabulary]`.
  private mutating func values(of row: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition((0..<products.rows).contains(row), "row \(row) of \(products.rows)")
    return UnsafeMutableBufferPointer(
      start: products.pointer + row * products.columns, count: products.columns)
  }
}
