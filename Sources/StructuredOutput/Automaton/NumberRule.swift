/// Which numbers a schema allows.
struct NumberRule: Hashable, Sendable {
  /// A number that is a border, and whether it is allowed itself.
  struct Bound: Hashable, Sendable {
    let value: ExactDecimal
    let isExclusive: Bool

    /// Whether it is farther from 0 than all numbers that are generated.
    var isBeyond: Bool { value.point > NumberRule.maximumDigits }

    /// Whether a number lies on the allowed side, where `order` is −1, 0 or 1: below, on or above it.
    func allows(order: Int, allowed side: Int) -> Bool {
      order == side || order == 0 && !isExclusive
    }
  }

  var isInteger = false
  var lower: Bound?
  var upper: Bound?
  /// What the number must be a multiple of, beside being an integer.
  var divisor: Int?

  /// Digits on either side of the point, so that no number is endless and each one fits a double.
  static let maximumDigits = 30
  /// The largest divisor.
  static let maximumDivisor = 1000

  /// Takes a lower bound; the stricter of two counts.
  mutating func raise(_ bound: Bound) {
    if let lower, lower.value > bound.value || lower.value == bound.value && lower.isExclusive {
      return
    }
    lower = bound
  }

  /// Takes an upper bound; the stricter of two counts.
  mutating func reduce(_ bound: Bound) {
    if let upper, upper.value < bound.value || upper.value == bound.value && upper.isExclusive {
      return
    }
    upper = bound
  }

  /// Whether a number is allowed.
  func allows(_ number: ExactDecimal) -> Bool {
    func order(_ bound: Bound) -> Int {
      number < bound.value ? -1 : number == bound.value ? 0 : 1
    }
    if let lower, !lower.allows(order: order(lower), allowed: 1) { return false }
    if let upper, !upper.allows(order: order(upper), allowed: -1) { return false }
    if isInteger || divisor != nil, !number.isInteger { return false }
    guard let divisor, let integer = number.integer else { return divisor == nil }
    return integer % divisor == 0
  }
}

/// The automaton of a number rule.
///
/// It reads digits and knows after each whether the number so far, cut to the same count of digits as a
/// bound, is smaller, equal or larger. Where a number is bounded it has no exponent.
struct NumberAutomaton {
  /// What is known about a number when some of it was read.
  struct State: Hashable {
    enum Part {
      case beginning, sign, integer, point, fraction, exponentMark, exponentSign, exponent
    }

    var part = Part.beginning
    var isNegative = false
    /// Digits of the part, as far as they matter.
    var count = 0
    /// Whether the first digit is a zero, which no other follows in front of the point.
    var leadingZero = false
    /// The magnitude against the nearer and the farther bound: −1, 0 or 1.
    var low = 0
    var high = 0
    var remainder = 0
  }

  /// A bound of the magnitude, for one sign.
  private struct Limit {
    let integer: [UInt8]
    let fraction: [UInt8]
    let bound: NumberRule.Bound

    init?(_ bound: NumberRule.Bound?) {
      guard let bound else { return nil }
      self.bound = bound
      integer = bound.value.integerDigits
      fraction = bound.value.fractionDigits
    }

    /// The comparison after a digit at `place` in front of the point.
    func compare(_ so: Int, digit: UInt8, place: Int) -> Int {
      guard so == 0, place < integer.count else { return so }
      return Self.order(digit, integer[place])
    }

    /// The comparison of the numbers in front of the point, of which one has `count` digits.
    func compare(_ so: Int, count: Int) -> Int {
      count == integer.count ? so : Self.order(count, integer.count)
    }

    /// The comparison after a digit at `place` behind the point.
    func compare(_ so: Int, fraction digit: UInt8, place: Int) -> Int {
      so == 0 ? Self.order(digit, place < fraction.count ? fraction[place] : 0) : so
    }

    /// The comparison of a number that ends after `count` digits behind the point.
    func compare(_ so: Int, fractionCount count: Int) -> Int {
      so == 0 && count < fraction.count ? -1 : so
    }

    private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
      left < right ? -1 : left == right ? 0 : 1
    }
  }

  private let rule: NumberRule
  /// The limits of magnitudes: of numbers from 0, and of those below it.
  private let limits: (positive: (low: Limit?, high: Limit?), negative: (low: Limit?, high: Limit?))
  private let allowsPositive: Bool
  private let allowsNegative: Bool
  private var onlyIntegers: Bool { rule.isInteger || rule.divisor != nil }
  private var allowsExponent: Bool { rule.lower == nil && rule.upper == nil && !onlyIntegers }

  private init(_ rule: NumberRule) {
    self.rule = rule
    // A bound beyond all numbers that are generated says nothing.
    let lower = rule.lower.flatMap { $0.isBeyond ? nil : $0 }
    let upper = rule.upper.flatMap { $0.isBeyond ? nil : $0 }
    let zero = ExactDecimal(0)
    func magnitude(_ bound: NumberRule.Bound?) -> NumberRule.Bound? {
      bound.map { NumberRule.Bound(value: $0.value.magnitude, isExclusive: $0.isExclusive) }
    }
    let belowZero = NumberRule.Bound(value: zero, isExclusive: true)
    allowsPositive = !(upper?.value.isNegative ?? false)
    allowsNegative = (lower?.value ?? ExactDecimal(-1)).isNegative
    limits = (
      (Limit(lower.flatMap { $0.value.isNegative ? nil : $0 }), Limit(upper)),
      (
        Limit(upper.flatMap { $0.value.isNegative ? magnitude($0) : nil } ?? belowZero),
        Limit(magnitude(lower))
      )
    )
  }

  /// The automaton; nil where no number is allowed.
  static func make(_ rule: NumberRule, budget: inout Budget) throws(SchemaError) -> DFA? {
    for bound in [rule.lower, rule.upper] {
      guard let bound, bound.value.fractionDigits.count > NumberRule.maximumDigits else { continue }
      throw .tooLarge(.fractionDigits, limit: NumberRule.maximumDigits)
    }
    // Beyond all numbers that are generated there is none.
    if let lower = rule.lower, lower.isBeyond, !lower.value.isNegative { return nil }
    if let upper = rule.upper, upper.isBeyond, upper.value.isNegative { return nil }
    let automaton = NumberAutomaton(rule)
    let letters = Set("-+.eE0123456789".utf8)
    return try DFA.explore(
      State(), ByteClasses { letters.contains($0) ? Int($0) : -1 }, budget: &budget,
      accepts: automaton.accepts,
      step: { automaton.step($0, $1) })
  }

  private func limits(_ state: State) -> (low: Limit?, high: Limit?) {
    state.isNegative ? limits.negative : limits.positive
  }

  private func step(_ state: State, _ byte: UInt8) -> State? {
    switch byte {
    case UInt8(ascii: "-"):
      if state.part == .exponentMark { return exponent(.exponentSign) }
      guard state.part == .beginning, allowsNegative else { return nil }
      return State(part: .sign, isNegative: true)
    case UInt8(ascii: "+"):
      return state.part == .exponentMark ? exponent(.exponentSign) : nil
    case UInt8(ascii: "."):
      guard state.part == .integer, !onlyIntegers else { return nil }
      return withPoint(state)
    case UInt8(ascii: "e"), UInt8(ascii: "E"):
      guard state.part == .integer || state.part == .fraction, allowsExponent else { return nil }
      return exponent(.exponentMark)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return step(state, digit: byte - UInt8(ascii: "0"))
    default: return nil
    }
  }

  /// What went before an exponent does not matter.
  private func exponent(_ part: State.Part, count: Int = 0) -> State {
    State(part: part, count: count)
  }

  private func withPoint(_ state: State) -> State? {
    var next = State(part: .point, isNegative: state.isNegative)
    let (low, high) = limits(state)
    next.low = low?.compare(state.low, count: state.count) ?? 0
    next.high = high?.compare(state.high, count: state.count) ?? 0
    return isHopeless(next) ? nil : next
  }

  private func step(_ state: State, digit: UInt8) -> State? {
    var next = state
    let (low, high) = limits(state)
    switch state.part {
    case .beginning, .sign, .integer:
      if state.part == .beginning, !allowsPositive { return nil }
      if state.leadingZero || state.count >= NumberRule.maximumDigits { return nil }
      next.part = .integer
      next.leadingZero = state.count == 0 && digit == 0
      next.low = low?.compare(state.low, digit: digit, place: state.count) ?? 0
      next.high = high?.compare(state.high, digit: digit, place: state.count) ?? 0
      next.count += 1
      if let divisor = rule.divisor {
        next.remainder = (state.remainder * 10 + Int(digit)) % divisor
      }
      // More digits than the bound has make a larger number.
      if let high, next.count > high.integer.count { return nil }
      return next
    case .point, .fraction:
      guard state.count < NumberRule.maximumDigits else { return nil }
      next.part = .fraction
      next.low = low?.compare(state.low, fraction: digit, place: state.count) ?? 0
      next.high = high?.compare(state.high, fraction: digit, place: state.count) ?? 0
      next.count += 1
      return isHopeless(next) ? nil : next
    case .exponentMark, .exponentSign: return exponent(.exponent, count: 1)
    case .exponent: return state.count < 2 ? exponent(.exponent, count: 2) : nil
    }
  }

  /// Whether digits behind the point can no longer help.
  private func isHopeless(_ state: State) -> Bool { state.low < 0 || state.high > 0 }

  private func accepts(_ state: State) -> Bool {
    guard state.remainder == 0 else { return false }
    var (lowOrder, highOrder) = (state.low, state.high)
    let (low, high) = limits(state)
    switch state.part {
    case .exponent: return true
    case .integer:
      lowOrder = low?.compare(lowOrder, count: state.count) ?? 1
      highOrder = high?.compare(highOrder, count: state.count) ?? -1
      lowOrder = low?.compare(lowOrder, fractionCount: 0) ?? 1
      highOrder = high?.compare(highOrder, fractionCount: 0) ?? -1
    case .fraction:
      lowOrder = low?.compare(lowOrder, fractionCount: state.count) ?? 1
      highOrder = high?.compare(highOrder, fractionCount: state.count) ?? -1
    default: return false
    }
    return low?.bound.allows(order: lowOrder, allowed: 1) ?? true
      && high?.bound.allows(order: highOrder, allowed: -1) ?? true
  }
}
