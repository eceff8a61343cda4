import TestSupport
import Testing

@testable import StructuredOutput

@Suite("Token masks")
struct MaskTests {
  /// All single bytes, and some longer tokens; the last one ends an answer.
  private static let tokens: [[UInt8]] = {
    let pieces = [
      "{\"", "\":", "\",\"", "ab", "abc", "é", "\"}", "12", "tr", "ue", "null", "[[", "]]", "title",
      "\":\"", "\"]", "a\"}b", "  ",
    ]
    let bytes = (UInt8.min...UInt8.max).map { [$0] }
    return bytes + pieces.map { Array($0.utf8) } + [[]]
  }()
  private static let stop = Int32(tokens.count - 1)
  private static let vocabulary = TokenVocabulary(tokens, stop: stop)

  private static let schemas = [
    "{}", #"{"type":"string"}"#, #"{"type":"string","maxLength":3,"minLength":2}"#,
    #"{"type":"array","items":{"type":"integer"},"maxItems":3}"#,
    #"{"type":"object","properties":{"title":{"type":"string"},"abc":{"enum":["ab","abc",null]}},"required":["title"]}"#,
    #"{"type":"object","properties":{"ab":true},"additionalProperties":false,"minProperties":1}"#,
    #"{"type":"string","pattern":"^a.*c$"}"#, #"{"type":"number"}"#,
    #"{"anyOf":[{"type":"string","maxLength":1},{"type":"string","pattern":"^abc"}]}"#,
    ##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"array","items":{"$ref":"#/$defs/t"}}}}"##,
  ]

  @Test("a mask has the tokens after which the text may still become a value", arguments: schemas)
  func exact(schema: String) throws {
    let cache = MaskCache(try Grammar.of(schema), vocabulary: Self.vocabulary)
    var random = SplitMix64(seed: 5)
    for _ in 0..<20 {
      var constraint = TokenConstraint(cache)
      let machine = cache.machine
      var state = machine.start
      for _ in 0..<12 where !constraint.hasEnded {
        let mask = cache.entry(state).mask
        let expected = Self.tokens.indices.filter { token in
          token == Int(Self.stop)
            ? machine.accepts(state)
            : machine.step(state, Self.tokens[token]) != Machine.dead
        }
        #expect(Self.tokens.indices.filter { mask.allows(Int32($0)) } == expected)
        #expect(mask.allowedCount == expected.count)
        guard let token = expected.filter({ $0 != Int(Self.stop) }).randomElement(using: &random)
        else { break }
        constraint.take(Int32(token))
        state = machine.step(state, Self.tokens[token])
      }
    }
  }

  @Test(
    "within any number of tokens that suffice, every answer ends as a value", arguments: schemas)
  func closing(schema: String) throws {
    let grammar = try Grammar.of(schema)
    let cache = MaskCache(grammar, vocabulary: Self.vocabulary)
    var random = SplitMix64(seed: 6)
    let shortest = TokenConstraint(cache).shortestAnswer
    for extra in 0..<25 {
      var constraint = TokenConstraint(cache)
      var text: [UInt8] = []
      var remaining = shortest + extra
      while remaining > 0, !constraint.hasEnded {
        let mask = constraint.mask(remaining: remaining)
        let allowed = Self.tokens.indices.filter { mask.allows(Int32($0)) }
        let token = try #require(allowed.randomElement(using: &random))
        if token == Int(Self.stop) { break }
        text += Self.tokens[token]
        constraint.take(Int32(token))
        remaining -= 1
      }
      #expect(constraint.mayEnd)
      #expect(grammar.allows(text), "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test("an object does not get a name twice")
  func names() throws {
    let cache = MaskCache(try Grammar.of(#"{"type":"object"}"#), vocabulary: Self.vocabulary)
    func mask(after text: String) -> TokenMask {
      var constraint = TokenConstraint(cache)
      for byte in text.utf8 { constraint.take(Int32(byte)) }
      return constraint.mask(remaining: 1000)
    }
    let quote = Int32(UInt8(ascii: "\""))
    #expect(!mask(after: #"{"ab":1,"ab"#).allows(quote))
    #expect(!mask(after: #"{"\"":1,"\""#).allows(quote))
    #expect(mask(after: #"{"ab":1,"a"#).allows(quote))
    #expect(mask(after: #"{"ab":1,"abc"#).allows(quote))
    #expect(mask(after: #"{"ab":{"ab"#).allows(quote))
    #expect(mask(after: #"{"ab":"ab"#).allows(quote))
    #expect(mask(after: #"{"ab":["ab"#).allows(quote))
    #expect(!mask(after: #"{"ab":{"ab":1},"ab"#).allows(quote))
  }

  @Test("no token is kept back while there is room")
  func notClosing() throws {
    let cache = MaskCache(try Grammar.of(#"{"type":"string"}"#), vocabulary: Self.vocabulary)
    var constraint = TokenConstraint(cache)
    _ = constraint.mask(remaining: 100)
    constraint.take(Int32(UInt8(ascii: "\"")))
    _ = constraint.mask(remaining: 12)
    #expect(!constraint.isClosing)
    let last = constraint.mask(remaining: 1)
    let allowed = Self.tokens.indices.filter { last.allows(Int32($0)) }
    #expect(allowed.map { Self.tokens[$0] } == [Array("\"".utf8), Array("{\"".utf8)])
    #expect(constraint.isClosing)
  }

  @Test("what was allowed before is allowed when a fresh machine goes on")
  func renewal() throws {
    // Every length is a state of its own, so that the machine becomes large.
    let schema = #"{"type":"array","items":{"type":"string","maxLength":9000},"maxItems":9000}"#
    let grammar = try Grammar.of(schema)
    let cache = MaskCache(grammar, vocabulary: Self.vocabulary)
    let first = cache.machine
    var constraint = TokenConstraint(cache)
    var text = Array("[\"".utf8)
    for byte in text { constraint.take(Int32(byte)) }
    for _ in 0..<8000 {
      constraint.take(Int32(UInt8(ascii: "a")))
      text.append(UInt8(ascii: "a"))
    }
    for byte in Array("\",\"".utf8) {
      constraint.take(Int32(byte))
      text.append(byte)
    }
    for _ in 0..<8500 {
      constraint.take(Int32(UInt8(ascii: "b")))
      text.append(UInt8(ascii: "b"))
    }
    _ = constraint.mask(remaining: 100)
    #expect(cache.machine !== first)
    #expect(constraint.mask(remaining: 100).allows(Int32(UInt8(ascii: "c"))))
    for byte in Array("\"]".utf8) { constraint.take(Int32(byte)) }
    #expect(constraint.hasEnded)
    #expect(grammar.allows(text + Array("\"]".utf8)))
  }
}
