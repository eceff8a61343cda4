import ArgumentParser
import Captioning
import Files
import Foundation

/// Where captions go.
struct CaptionOutputs: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      Adds the rows to this file; - or nothing: standard output. A name that ends in .tar gets a \
      WebDataset: the pictures again, with their captions.
      """, valueName: "file"), completion: .file())
  var output: String?

  @Option(
    help: """
      How rows are written: JSON lines, columns, or Hugging Face's metadata.jsonl. (default: by the \
      file's name, else jsonl)
      """)
  var format: RowFormat?

  @Flag(help: "Throws away the rows of the output, and text files that this program wrote.")
  var overwrite = false

  @Flag(help: "Keeps rows of the output that were made with other settings.")
  var keep = false

  @Option(
    help: ArgumentHelp(
      "Writes the paths of pictures that failed to this file, one a line.", valueName: "file"),
    completion: .file())
  var failures: String?

  @Option(
    help: ArgumentHelp(
      "Writes a page to look at: pictures, captions, errors, times. Needs an --output.",
      valueName: "file.html"), completion: .file())
  var report: String?

  @Flag(help: "Writes each caption to a text file beside its picture too.")
  var sidecar = false

  @Option(
    help: ArgumentHelp(
      "What becomes of text files that somebody else wrote; empty ones count as missing.",
      valueName: "what"))
  var existing = SidecarPolicy.Existing.skip

  @Option(
    help: ArgumentHelp(
      "Writes text files into this folder, with its pictures' subfolders.", valueName: "folder"),
    completion: .directory)
  var sidecarDir: String?

  @Option(
    name: .customLong("extension"),
    help: ArgumentHelp("What the text files' names end in.", valueName: "ending"))
  var ending = "txt"

  @Flag(help: "Writes answers that were cut off, or repeat themselves, to text files too.")
  var allowCut = false

  @Flag(help: "Says nothing while it runs, and nothing at the end.")
  var quiet = false

  func validate() throws {
    if output == "" { throw ValidationError("the output file has no name.") }
    if overwrite, keep { throw ValidationError("use --overwrite or --keep, not both.") }
    if report != nil, file == nil {
      throw ValidationError("--report needs an --output, where the rows of earlier runs are.")
    }
    if isArchive, format != nil || writesSidecars {
      throw ValidationError(
        "a .tar output has a form of its own; leave out --format and --sidecar.")
    }
    if format == .metadata, file == nil {
      throw ValidationError("--format metadata needs an --output in or above the pictures' folder.")
    }
    if existing != .skip || allowCut, !writesSidecars, !isArchive {
      throw ValidationError("--existing and --allow-cut are about text files; add --sidecar.")
    }
    if ending.isEmpty || ending.utf8.contains(UInt8(ascii: "/")) {
      throw ValidationError("--extension is no ending of a name.")
    }
  }

  /// The file for the rows; nil for standard output.
  var file: String? { output == "-" ? nil : output }

  /// All files that are written, with the one for the rows.
  func files(rows: String?) -> [String] { [rows, failures, report].compactMap(\.self) }

  /// Whether pictures are written again, with their captions beside them.
  var isArchive: Bool { file?.pathEnding == "tar" }

  var rowFormat: RowFormat { format ?? file.map { RowFormat(file: $0) } ?? .jsonl }

  /// The folder that names in rows are relative to; nil where it is the argument's.
  var base: String? {
    guard rowFormat == .metadata, let file else { return nil }
    return FileSystem.parent(of: file)
  }

  var mode: RowMode { overwrite ? .overwrite : keep ? .keep : .resume }

  var writesSidecars: Bool { sidecar || sidecarDir != nil }

  var policy: SidecarPolicy {
    SidecarPolicy(existing: existing, folder: sidecarDir, ending: ending, allowsCut: allowCut)
  }
}

extension RowFormat: ExpressibleByArgument {}
extension SidecarPolicy.Existing: ExpressibleByArgument {}
