package import FoundationEssentials

/// The families of models that the program knows.
package struct Registry: Sendable, Equatable {
  package private(set) var families: [ModelFamily] = []
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
    let json: Data
    do {
      json = try Data(contentsOf: file)
    } catch {
      throw .unreadable(file: file.path, reason: "no such file, or not allowed to read it")
    }
    try add(json: json, file: file.path, folder: file.deletingLastPathComponent())
  }

  /// Adds the families of a registry file's text.
  ///
  /// Error messages call the text `file`. Relative folders in it start from `folder`; nil
  /// stands for the program's own data.
  package mutating func add(json: Data, file: String, folder: URL?) throws(RegistryError) {
    let decoded: RegistryFile
    do {
      decoded = try JSONDecoder().decode(RegistryFile.self, from: json)
    } catch let error as DecodingError {
      throw .invalid(decodingError: error, json: json, file: file)
    } catch {
      throw .invalid(file: file, entry: "the file", problem: "\(error)")
    }
    visionTowers.merge(decoded.visionTowers) { _, new in new }
    for entry in decoded.families {
      let name = "family '\(entry.name)'"
      guard !families.contains(where: { $0.name.lowercased() == entry.name.lowercased() }) else {
        throw .invalid(
          file: file, entry: name, problem: "key 'name': a family of this name exists already")
      }
      families.append(try family(entry, file: file, folder: folder))
    }
  }

  /// Checks that the entries agree with each other, and joins them.
  private func family(
    _ entry: FamilyEntry, file: String, folder: URL?
  ) throws(RegistryError) -> ModelFamily {
    var specs: [ModelSpec] = []
    for (index, spec) in entry.specs.enumerated() {
      let place = "family '\(entry.name)', specs[\(index)]"
      let isDouble = specs.contains {
        $0.size == spec.size && $0.format == spec.format
          && $0.quantization.lowercased() == spec.quantization.lowercased()
      }
      guard !isDouble else {
        throw .invalid(
          file: file, entry: place,
          problem: "an entry before it has the same size, format and quantization")
      }
      var shape: ModelShape?
      if let shapeName = spec.shape {
        guard let shapeEntry = entry.shapes[shapeName] else {
          throw .invalid(
            file: file, entry: place,
            problem: "key 'shape': 'shapes' has no entry '\(shapeName)'")
        }
        guard let vision = visionTowers[shapeEntry.visionTower] else {
          throw .invalid(
            file: file, entry: "family '\(entry.name)', shapes['\(shapeName)']",
            problem: "key 'vision_tower': there is no tower '\(shapeEntry.visionTower)', only "
              + visionTowers.keys.sorted().joined(separator: ", "))
        }
        shape = ModelShape(vision: vision, language: shapeEntry.language)
      }
      specs.append(
        ModelSpec(
          family: entry.name, size: spec.size, format: spec.format,
          quantization: spec.quantization,
          source: spec.folder.map { .folder($0, base: folder) } ?? .hubs(spec.hubs), shape: shape))
    }
    guard !specs.isEmpty else {
      throw .invalid(file: file, entry: "family '\(entry.name)'", problem: "key 'specs': is empty")
    }
    return ModelFamily(
      name: entry.name, contextLength: entry.contextLength, languages: entry.languages,
      abilities: entry.abilities, summary: entry.summary, specs: specs)
  }
}
