import CBuild
import Hub
import Imaging
import Kernels

/// What `--version` prints: what a report about an error should name.
enum VersionReport {
  /// The version, the commit where the build was told it, the kernels of this machine, the libraries.
  static var text: String {
    let commit = cbuild_commit().map { " (commit \(String(cString: $0)))" } ?? ""
    let imaging: String
    do {
      imaging = try imagingLibrary()
    } catch {
      imaging = "\(error)"
    }
    return """
      internvl \(InternVLCommand.release)\(commit)
      kernels: \(InstructionSet.best)
      libraries: \(imaging), \(transferLibraries)
      """
  }
}
