import Files
package import FoundationEssentials
import JSON

/// The families of models that the program knows.
package struct Registry: Sendable, Equatable {
  package private(set) var families: [ModelFamily] = []
  private var shapes: [String: ModelShape] = [:]
  private var visionTowers: [String: VisionShape] = [:]

  /// Knows no family.
  package init() {}

  /// The families that come with the program: `registry.json`, embedded in the binary.
  package static func builtIn() throws(RegistryError) -> Registry {
    var registry = Registry()
    try registry.add(
      json: Data(PackageResources.registry_json), file: "built-in registry.json", folder: nil)
    return registry
  }

  /// Adds the families of the user's own file.
  package mutating func add(contentsOf file: URL) throws(RegistryError) {
    let json: [UInt8]
    do throws(FileError) {
      json = try OpenFile(reading: file.path).readToEnd(limit: 16 << 20)
    } catch {
      throw .unreadable(error)
    }
    try add(json: Data(json), file: file.path, folder: file.deletingLastPathComponent())
  }

  /// Adds the families of a registry file's text.
  ///
  /// Error messages call the text `file`. Relative folders in it start from `folder`; nil
  /// stands for the program's own data.
  package mutating func add(json: Data, file: String, folder: URL?) throws(RegistryError) {
    do throws(JSONError) {
      let bytes = Array(json)
      let written = try RegistryFile(JSONObject(bytes.span.bytes, file: file))
      visionTowers.merge(written.visionTowers) { _, new in new }
      for (name, entry) in written.shapes { shapes[name] = try shape(entry) }
      for entry in written.families {
        guard !families.contains(where: { $0.name.lowercased() == entry.name.lowercased() })
        else {
          throw entry.object.invalid("name", expected: "a name that no other family has")
        }
        families.append(try family(entry, folder: folder))
      }
    } catch {
      throw .invalid(error)
    }
  }

  /// Checks what one entry says about another, and joins them.
  private func family(_ entry: FamilyEntry, folder: URL?) throws(JSONError) -> ModelFamily {
    var specs: [ModelSpec] = []
    for spec in entry.specs {
      let isDouble = specs.contains {
        $0.size == spec.size && $0.format == spec.format
          && $0.quantization.lowercased() == spec.quantization.lowercased()
      }
      guard !isDouble else {
        throw spec.object.invalid(
          "quantization",
          expected: "another size, format or quantization than in an entry before it")
      }
      specs.append(
        ModelSpec(
          family: entry.name, size: spec.size, format: spec.format,
          quantization: spec.quantization,
          source: spec.folder.map { .folder($0, base: folder) } ?? .hubs(spec.hubs),
          shape: try shape(of: spec)))
    }
    return ModelFamily(
      name: entry.name, contextLength: entry.contextLength, languages: entry.languages,
      abilities: entry.abilities, summary: entry.summary, specs: specs)
  }

  /// The dimensions that a spec names; nil where it names none.
  private func shape(of spec: SpecEntry) throws(JSONError) -> ModelShape? {
    guard let name = spec.shape else { return nil }
    guard let shape = shapes[name] else {
      throw spec.object.invalid("shape", expected: "one of the 'shapes'")
    }
    return shape
  }

  private func shape(_ entry: ShapeEntry) throws(JSONError) -> ModelShape {
    guard let vision = visionTowers[entry.visionTower] else {
      throw entry.object.invalid(
        "vision_tower", expected: visionTowers.keys.sorted().joined(separator: " or "))
    }
    return ModelShape(vision: vision, language: entry.language)
  }
}
