import Captioning
import Engines
import Hub
import InternVL
import Models

/// What the command line adds to the sentences of library errors, which know no options.
enum Advice {
  /// An error's sentence, and what to do about it where an option or a command helps.
  static func sentence(_ error: any Error) -> String {
    "\(error)" + (remedy(error).map { "; \($0)" } ?? "")
  }

  /// What helps against an error, in words of the command line; nil where its sentence says it all.
  private static func remedy(_ error: any Error) -> String? {
    switch error {
    case let error as HubError: remedy(error)
    case let error as InternVLError: remedy(error)
    case let error as ModelsError: remedy(error)
    case let error as CaptioningError: remedy(error)
    case let error as EngineError: remedy(error)
    case let error as EndpointError: remedy(error)
    case let error as EngineRunError: remedy(error)
    case let error as NodeError: remedy(error)
    default: nil
    }
  }

  // No `default` in these: a new case should be thought about here.

  private static func remedy(_ error: HubError) -> String? {
    switch error {
    case .revisionMissing: "its page lists the branches and tags that --revision takes"
    case .notCached: "run the same command without --offline (and without HF_HUB_OFFLINE)"
    case .badSetting, .badRepository, .badRevision, .repositoryMissing, .gated, .badToken,
      .forbidden, .fileMissing, .rateLimited, .serverFailed, .notAHub, .unsafeName,
      .listingIncomplete, .unreachable, .noAnswer, .tlsFailed, .stalled, .notPublic, .tooSlow,
      .tooManyRedirects, .refusedRedirect, .noHub, .brokenTransfer, .hashMismatch, .changed,
      .diskFull,
      .file, .curlUnusable, .obstructed, .cancelled:
      nil
    }
  }

  private static func remedy(_ error: InternVLError) -> String? {
    switch error {
    case .promptTooLong: "shorten it, use fewer tiles (--max-tiles) or raise --context-length"
    case .shapeTooLong: "raise --max-tokens"
    case .checkpoint, .image, .tokenizer, .quantized, .adapter, .missingToken,
      .placeholders, .reservedToken, .emptyConversation, .unknownToken, .notFinite,
      .cancelled, .dump, .shape:
      nil
    }
  }

  private static func remedy(_ error: ModelsError) -> String? {
    switch error {
    case .missingFolder(_, _, let isOwn):
      isOwn
        ? "correct the registry's 'folder' or give one with --model-path"
        : "install the program again or give another one with --model-path"
    case .tooLarge(let shortage): remedy(shortage)
    case .tooManyPictures: "give fewer, or raise --context-length"
    case .badFolder, .notAtHub, .nothingToDownload, .declined, .cancelled: nil
    }
  }

  private static func remedy(_ error: CaptioningError) -> String? {
    switch error {
    case .inUse: "wait for it or choose another file"
    case .notCaptions, .foreignArchive: "choose another --output"
    case .otherColumns: "choose another --output, or throw its rows away with --overwrite"
    case .otherSettings:
      "choose another --output, keep those captions with --keep, or throw them away with --overwrite"
    case .outsideBase:
      "put the --output of --format metadata in or above the pictures' folder"
    case .missing, .noImages, .badListEntry, .unknownVariable, .reservedField, .repeatedField,
      .unopened, .output, .overwritesInput, .sameOutput:
      nil
    }
  }

  private static func remedy(_ error: EngineError) -> String? {
    switch error {
    case .cannotSplit(_, _, _, _, hasPipeline: true):
      "leave out --tensor-parallel-size, and --n-gpu finds both sizes"
    case .lacks(.tensorParallelism, _): "use --n-gpu"
    case .lacks(.memoryShare, engine: LMDeploy().name):
      "--engine-option cache-max-entry-count=0.8 is its share of the memory that is free"
    case .cannotServe: "'internvl engines' says which engine can"
    case .cannotSplit, .lacks, .oneMachine, .otherCount, .tooFewLayers, .oldGPU: nil
    }
  }

  private static func remedy(_ error: EndpointError) -> String? {
    switch error {
    case .unreachable: "start the server, or correct --endpoint"
    case .notTheInterface: "correct --endpoint; most servers have the interface at /v1"
    case .unauthorized: "put the right one into INTERNVL_API_KEY"
    case .chooseModel(let models) where !models.isEmpty: "name one with --model-name"
    case .badAddress, .silent, .refused, .failed, .failedInAnswer, .brokenStream, .cut,
      .otherModel, .noModel, .chooseModel:
      nil
    }
  }

  private static func remedy(_ error: EngineRunError) -> String? {
    if case .notInstalled(let name) = error {
      return Engines.named(name).map {
        "install it (pip install \($0.packages)) or leave out --model-engine"
      }
    }
    return switch error.cause {
    case .noGPU: "leave out --model-engine, since the native engine needs none"
    case .outOfMemory: "use more GPUs (--n-gpu), a lower --context-length or an awq model"
    case .portTaken: "leave out the --engine-option for the port"
    case .otherVersion: "'internvl engines' tells its version"
    case .missingPackage:
      Engines.all.first { error.engine.hasPrefix($0.name) }.map { "pip install \($0.packages)" }
    case .killed: "free memory, take a smaller model or a lower --context-length"
    case nil: nil
    }
  }

  private static func remedy(_ error: NodeError) -> String? {
    switch error {
    case .noSSH: "install it, or start each node by the line that --dry-run prints"
    case .unreachable:
      "'ssh NODE true' has to work without a password; or start each node by the line that --dry-run "
        + "prints"
    case .notInstalled(let engine, _), .otherVersion(let engine, _, _, _, _):
      Engines.named(engine).map { "pip install \($0.packages) there, the same version on all" }
    case .noFolder, .otherFiles: "every node needs a whole copy at the same path"
    }
  }

  /// What would fit, or how to go on all the same.
  private static func remedy(_ shortage: MemoryShortage) -> String {
    let fitting =
      [
        shortage.fittingContext.map { "use --context-length \($0)" },
        shortage.fittingModel.map { "use \($0)" },
      ].compactMap(\.self)
    return
      ((fitting.isEmpty ? ["close other programs"] : fitting)
      + ["take an engine with GPUs ('internvl engines')", "go on with --force"])
      .joined(separator: ", or ")
  }

  /// An error's sentence in a chat, with the chat's own ways out.
  static func chatSentence(_ error: InternVLError) -> String {
    guard case .promptTooLong = error else { return sentence(error) }
    return
      "\(error); shorten it, /images drop a picture, /set max-tiles 4 for smaller ones, /undo, or "
      + "/clear to begin anew; the next launch may have a larger --context-length"
  }

  /// What the user should know about an answer, in a chat.
  static func chatSentence(_ note: Reply.Note) -> String {
    switch note {
    case .tokenLimit(let tokens):
      "the answer is cut after \(Units.count(tokens, "token")); /set max-tokens \(2 * tokens) and "
        + "/again for more"
    case .contextFull(let tokens):
      "the answer is cut after \(Units.count(tokens, "token")), because the context is full; /undo, or "
        + "/clear to begin anew"
    case .closedEarly, .positionsRescaled: sentence(note)
    }
  }

  /// What the user should know about an answer.
  static func sentence(_ note: Reply.Note) -> String {
    switch note {
    case .tokenLimit(let tokens):
      "the answer is cut after \(Units.count(tokens, "token")); raise --max-tokens for more"
    case .contextFull(let tokens):
      "the answer is cut after \(Units.count(tokens, "token")); raise --context-length for more"
    case .closedEarly(let tokens):
      "the answer is closed after \(Units.count(tokens, "token")), sooner than the model would; "
        + "raise --max-tokens for more"
    case .positionsRescaled(let tokens, let maximum):
      "the conversation has \(tokens) tokens, more than the \(maximum) the model was made for; "
        + "positions are rescaled"
    }
  }
}
