/// What is done with the keywords of JSON Schema's drafts.
///
/// A word that is not a keyword in any draft says nothing about values, and is passed over as JSON Schema
/// asks.
enum Keywords {
  /// Keywords that say something about values, and that are not built.
  static let refused: Set<String> = [
    "not", "if", "then", "else", "dependencies", "dependentRequired", "dependentSchemas",
    "contains",
    "minContains", "maxContains", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
    "$dynamicRef", "$recursiveRef", "extends", "disallow", "divisibleBy",
  ]

  /// Keywords that hold more than one type of value to something.
  static let general: Set<String> = [
    "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref",
  ]

  /// Keywords that hold arrays or objects to something.
  static let structural: Set<String> = [
    "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "properties",
    "patternProperties", "additionalProperties", "required", "minProperties", "maxProperties",
  ]
}
