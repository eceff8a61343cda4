import Testing

@testable import Registry

@Suite("Finding the spec that is meant")
struct ResolveTests {
  private let registry: Registry
  init() throws { registry = try Registry.builtIn() }

  /// Nothing is on the machine, and models of up to `limit` billions in two bytes fit.
  private func resolve(
    _ request: SpecRequest, fitsUpTo limit: Int = 1000, here: Set<String> = []
  ) throws -> Resolution {
    try registry.resolve(request) { spec in
      let halves = spec.size.billions * (spec.format == .awq ? 0.4 : 1)
      return SpecStanding(isHere: here.contains(spec.name), fits: halves <= Double(limit))
    }
  }

  @Test(
    "names find specs, whatever their case",
    arguments: [
      ("InternVL3-8B", "InternVL3-8B"), ("InternVL3-8B-AWQ", "InternVL3-8B-AWQ"),
      ("OpenGVLab/InternVL3-8B-AWQ", "InternVL3-8B-AWQ"), ("8b-awq", "InternVL3-8B-AWQ"),
      ("internvl3-78b-int4", "InternVL3-78B-AWQ"), ("14B-pytorch", "InternVL3-14B"),
      ("awq-2", "InternVL3-2B-AWQ"), ("internvl3-demo", "InternVL3-Demo"),
    ])
  func names(text: String, name: String) throws {
    #expect(try resolve(registry.request(named: text)).spec.name == name)
  }

  @Test("unknown and contradictory names list what exists")
  func wrongNames() throws {
    #expect(throws: RegistryError.self) { try registry.request(named: "llama-8b") }
    #expect(throws: RegistryError.self) { try registry.request(named: "8b-9b") }
    #expect(throws: RegistryError.self) { try registry.request(named: "") }
    do {
      _ = try registry.request(named: "qwen")
    } catch {
      #expect(error.description.contains("there is no model 'qwen'"))
      #expect(error.description.contains("InternVL3-78B-AWQ"))
      #expect(error.isUsageError)
    }
  }

  @Test("the format alone decides the quantization, and the other way round")
  func formatDecides() throws {
    let awq = try resolve(SpecRequest(size: ModelSize(8), format: .awq))
    #expect(awq.spec.quantization == "Int4")
    #expect(awq.reasons == [])
    let int4 = try resolve(SpecRequest(size: ModelSize(8), quantization: "int4"))
    #expect(int4.spec.format == .awq)
  }

  @Test("a size alone takes the unquantised weights if they fit, else the quantised ones")
  func sizeAlone() throws {
    #expect(try resolve(SpecRequest(size: ModelSize(8)), fitsUpTo: 8).spec.name == "InternVL3-8B")
    let small = try resolve(SpecRequest(size: ModelSize(8)), fitsUpTo: 4)
    #expect(small.spec.name == "InternVL3-8B-AWQ")
    #expect(small.reasons == [.unquantizedDoesNotFit])
    let none = try resolve(SpecRequest(size: ModelSize(8)), fitsUpTo: 1)
    #expect(none.spec.name == "InternVL3-8B-AWQ")
    #expect(none.reasons == [.smallestFormat])
  }

  @Test("what is on this machine comes before what is not")
  func localFirst() throws {
    let size = try resolve(SpecRequest(size: ModelSize(2)), here: ["InternVL3-2B-AWQ"])
    #expect(size.spec.name == "InternVL3-2B-AWQ")
    let none = try resolve(SpecRequest(), here: ["InternVL3-2B-AWQ", "InternVL3-1B"])
    #expect(none.spec.name == "InternVL3-2B-AWQ")
    #expect(try resolve(SpecRequest()).spec.name == "InternVL3-1B")
  }

  @Test("what does not exist is refused with what does")
  func missing() throws {
    let families = try Registry.builtIn().families.map(\.name)
    #expect(families.first == "InternVL3" && families.contains("InternVL3.5-Instruct"))
    #expect(throws: RegistryError.unknownName("InternVL9", known: families)) {
      try resolve(SpecRequest(family: "InternVL9"))
    }
    #expect(
      throws: RegistryError.noSuchSpec(
        family: "InternVL3", wanted: "size 3",
        specs: ["size 1, 2, 8, 9, 14, 38, 78 (billions of parameters)"])
    ) { try resolve(SpecRequest(size: ModelSize(3))) }
    #expect(
      throws: RegistryError.noSuchSpec(
        family: "InternVL3", wanted: "size 8, format pytorch, quantization Int4",
        specs: [
          "InternVL3-8B (size 8, format pytorch, quantization none)",
          "InternVL3-8B-AWQ (size 8, format awq, quantization Int4)",
        ])
    ) {
      try resolve(
        SpecRequest(size: ModelSize(8), format: .pytorch, quantization: "Int4"))
    }
  }

  @Test("sizes are read with and without their letter")
  func sizes() {
    #expect(ModelSize("8")?.billions == 8)
    #expect(ModelSize("8B")?.billions == 8)
    #expect(ModelSize("0.5b")?.description == "0.5")
    for text in ["", "b", "-1", "0", "1e3", "inf", "nan", "8x", "0x8", "٣"] {
      #expect(ModelSize(text) == nil, "\(text)")
    }
  }
}
