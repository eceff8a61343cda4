import ArgumentParser
import Captioning
import Files
import Foundation

/// Which pictures are captioned.
struct CaptionSources: ParsableArguments {
  /// How many pages of a document count.
  enum Pages: String, ExpressibleByArgument, CaseIterable { case first, all }

  @Argument(
    help: "Picture files, folders to search for them, and archives (tar, zip, cbz, 7z).",
    completion: .file())
  var paths: [String] = []

  @Option(
    help: ArgumentHelp(
      "Takes paths from a file, one a line or with NUL behind each; - is standard input.",
      valueName: "file"), completion: .file())
  var list: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Only pictures whose name matches. Repeatable.", valueName: "glob"))
  var include: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("No pictures whose name matches. Repeatable.", valueName: "glob"))
  var exclude: [String] = []

  @Option(help: "first or all: which pages of a TIFF or PDF file are pictures.")
  var pages = Pages.first

  @Option(help: ArgumentHelp("Takes the first pictures only.", valueName: "count"))
  var limit: Int?

  @OptionGroup var sharding: ShardChoice

  func validate() throws {
    if let limit { try check("--limit", limit, in: 1...(.max)) }
  }

  /// Whether nothing was named.
  var isEmpty: Bool { paths.isEmpty && list == nil }

  /// Whether no option chooses among pictures.
  var takesAll: Bool {
    include.isEmpty && exclude.isEmpty && pages == .first && limit == nil && !sharding.isGiven
  }

  /// The files and folders that are named.
  var files: [String] { paths + (list.map { [$0] } ?? []) }

  /// All pictures, and what was passed over; `base` is the folder that names are relative to, where it is
  /// not the argument's.
  func find(base: String?) throws -> FoundPictures {
    var finder = PictureFinder()
    finder.included = include
    finder.excluded = exclude
    finder.takesAllPages = pages == .all
    finder.base = base
    let listed = try list.map { try Self.listed($0) } ?? []
    guard !isEmpty else { throw CommandError.nothingToCaption }
    return try finder.find(paths + listed)
  }

  /// Those pictures that this process captions.
  func chosen(_ items: [CaptionItem], shard: Shard?) -> [CaptionItem] {
    let items = shard?.items(of: items) ?? items
    return limit.map { Array(items.prefix($0)) } ?? items
  }

  private static func listed(_ path: String) throws -> [String] {
    try PathList.paths(
      path == "-"
        ? [UInt8](FileHandle.standardInput.readToEnd() ?? Data())
        : OpenFile(reading: path).readToEnd())
  }
}

extension FoundPictures {
  /// Says on standard error what was passed over.
  func tell() {
    StandardError.sayFirst(
      unreadableFolders.map { "skipped the folder '\($0)', which cannot be read" })
    StandardError.sayFirst(
      unreadableNames.map { "skipped '\($0)', whose name is not UTF-8; rename it" })
    if let leftOutSummary { StandardError.say("internvl: left out: \(leftOutSummary)") }
  }
}
