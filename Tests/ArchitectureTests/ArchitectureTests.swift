import Testing

/// `docs/architecture.md` is the truth: whoever adds a folder or a module adds it there.
@Suite("The architecture")
struct ArchitectureTests {
  let document: ArchitectureDocument

  init() throws { document = try ArchitectureDocument() }

  @Test("the document's tree names the folders of the sources, and no others")
  func tree() throws {
    let named = Set(document.folders)
    let present = Set(try SourceTree.folders())
    #expect(present.subtracting(named).sorted() == [], "not in the document")
    #expect(named.subtracting(present).sorted() == [], "not in the sources")
  }

  @Test("the document's picture shows every module")
  func picture() throws {
    let shown = Set(document.modules.flatMap { [$0.name] + $0.foreign })
    #expect(shown == Set(try SourceTree.folders().filter { !$0.contains("/") }))
  }

  @Test("a module imports only what stands below it, and its own C modules")
  func imports() throws {
    for module in document.modules {
      expectBelow(module, try SourceTree.imports(of: module.name), "imports")
    }
  }

  @Test("a target depends only on what stands below it, and on its own C modules")
  func dependencies() throws {
    let declared = try SourceTree.declaredDependencies()
    for module in document.modules {
      expectBelow(module, declared[module.name] ?? [], "depends on")
    }
  }

  @Test("a target declares what it imports, and nothing else")
  func declared() throws {
    let declared = try SourceTree.declaredDependencies()
    for module in document.modules {
      let imported = try SourceTree.imports(of: module.name).filter { declared[$0] != nil }
      #expect(declared[module.name] == imported, "\(module.name)")
    }
  }

  /// Modules that the picture does not show are the system's or another package's.
  private func expectBelow(
    _ module: ArchitectureDocument.Module, _ names: Set<String>, _ verb: String
  ) {
    let foreign = Set(document.modules.flatMap(\.foreign))
    for name in names.sorted() {
      if foreign.contains(name) {
        #expect(module.foreign.contains(name), "\(module.name) \(verb) \(name)")
      } else if let other = document[name] {
        #expect(other.floor > module.floor, "\(module.name) \(verb) \(name)")
      }
    }
  }
}
