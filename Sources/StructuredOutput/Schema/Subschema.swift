/// The types of values.
struct ValueTypes: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  static let null = ValueTypes(rawValue: 1)
  static let boolean = ValueTypes(rawValue: 2)
  /// Numbers without a part behind the point.
  static let integer = ValueTypes(rawValue: 4)
  /// All other numbers.
  static let fraction = ValueTypes(rawValue: 8)
  static let string = ValueTypes(rawValue: 16)
  static let array = ValueTypes(rawValue: 32)
  static let object = ValueTypes(rawValue: 64)
  static let number: ValueTypes = [.integer, .fraction]
  static let all = ValueTypes(rawValue: 127)

  static let names: [String: ValueTypes] = [
    "null": .null, "boolean": .boolean, "integer": .integer, "number": .number, "string": .string,
    "array": .array, "object": .object,
  ]

  /// The type of a value.
  init(of value: OrderedJSON) {
    self =
      switch value {
      case .null: .null
      case .bool: .boolean
      case .number(let number): number.value.isInteger ? .integer : .fraction
      case .string: .string
      case .array: .array
      case .object: .object
      }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// One schema's own keywords, read and checked; subschemas are numbers of the document.
struct Subschema {
  var types = ValueTypes.all
  /// What `enum` and `const` allow, sorted members; nil: everything.
  var values: [OrderedJSON]?
  var number = NumberRule()

  var minLength = 0
  var maxLength: Int?
  /// Patterns, those of formats included.
  var patterns: [String] = []

  var prefix: [Int] = []
  /// What the elements after the prefix are held to.
  var rest: Int?
  var minItems = 0
  var maxItems: Int?

  /// The names of properties in their order, and the schema of each.
  var names: [[UInt8]] = []
  var named: [[UInt8]: Int] = [:]
  var patternProperties: [(pattern: String, schema: Int)] = []
  var additional: Int?
  var required: [[UInt8]] = []
  var minProperties = 0
  var maxProperties: Int?

  var reference: Int?
  var allOf: [Int] = []
  var anyOf: [Int]?
  var oneOf: [Int]?
  /// Whether arrays or objects are held to something.
  var isStructural = false

  /// Sizes above this count as no bound: no answer is that long.
  static let maximumSize = 1 << 20

  /// The schema that nothing fits.
  static let never: Subschema = {
    var schema = Subschema()
    schema.types = []
    return schema
  }()
}
