import Registry
import Testing

@testable import Hub

@Suite("File selection")
struct FileSelectionTests {
  @Test("takes no time to speak of for thousands of files")
  func manyFiles() throws {
    let files = try (0..<20_000).map {
      RemoteFile(path: try RemotePath("folder/file-\($0)"), size: 1, hash: .sha256("\($0)"))
    }
    let listing = try Listing(
      hub: .huggingface, repository: RepositoryID("owner/name"), revision: Revision("main"),
      commit: "c", files: files)
    var selected: [RemoteFile] = files
    let time = ContinuousClock().measure {
      selected = FileSelection.runtime.files(of: listing)
    }
    #expect(selected.isEmpty)
    #expect(time < .seconds(10))
  }
}
