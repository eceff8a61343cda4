import ArgumentParser
import Engines
import Foundation
import InternVL
import Models

/// `internvl launch`: answers a question about pictures, or chats.
struct LaunchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "launch",
    abstract: "Runs a model: answers once, or chats.",
    discussion: """
      With --prompt or --messages it answers once. Without, it chats on a terminal. A text from a pipe \
      is one prompt, or a conversation line by line where it has lines with commands such as /image.

      Examples:
        internvl launch 2b-awq --image photo.jpg --prompt "What is this?"
        internvl launch --size-in-billions 8 --model-format awq
        internvl launch --model-path FOLDER --messages chat.json --json
      """)

  @Argument(
    help: "The model: InternVL3-8B-AWQ, OpenGVLab/InternVL3-8B-AWQ or 8b-awq.",
    completion: .modelNames)
  var model: String?

  @OptionGroup(title: "Model") var choice: CheckpointChoice

  @OptionGroup(title: "Engine") var engines: EngineChoice

  @Flag(help: "Prints the command that would start the engine, and does nothing else.")
  var dryRun = false

  @OptionGroup(title: "Question") var questioning: QuestionChoice

  @OptionGroup(title: "Answer") var shaping: ShapeChoice
  @OptionGroup(title: "Answer") var generation: GenerationChoice
  @OptionGroup(title: "Chat") var chat: ChatChoice
  @OptionGroup(title: "Running") var runtime: RuntimeChoice
  @OptionGroup var download: DownloadChoice

  @Flag(help: "Prints the answer and what belongs to it as one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Adds log probabilities to --json: each token's, and those of this many likeliest ones.",
      valueName: "count"))
  var logprobs: Int?

  @Flag(help: "Says on standard error where the time went.")
  var verbose = false

  @Option(
    help: ArgumentHelp(
      "For developers: writes intermediate tensors in safetensors form.", valueName: "file"),
    completion: .file())
  var dump: String?

  func validate() throws {
    if let logprobs { try check("--logprobs", logprobs, in: 0...20) }
    if dryRun, engines.engine.engine == nil {
      throw ValidationError("--dry-run needs a --model-engine other than native.")
    }
    if engines.endpoints.count > 1 {
      throw ValidationError("One server answers here; give one --endpoint.")
    }
    try engines.refuse(native: nativeOptions, generation: generation, shape: shaping)
    if logprobs != nil, !json { throw ValidationError("--logprobs needs --json.") }
  }

  func run() throws {
    if dryRun, let engine = engines.engine.engine { return try showCommand(of: engine) }
    engines.tellUnusedGPUs()
    chat.apply()
    // What may be wrong with the question or its pictures shows before a model is downloaded.
    let piped = try questioning.piped()
    let script = piped.flatMap(ScriptLines.init)
    let question = script == nil ? try questioning.question(piped: piped) : nil
    try requireQuestion(isAsked: question != nil)
    let sources = try question?.pictures ?? questioning.pictures.sources()
    var options = generation.options(topK: engines.usualTopK)
    options.shape = try shaping.shape()
    options.logprobs = logprobs
    if engines.isOther { return try askOther(question, sources, options, lines: script) }
    if questioning.pictures.isVideo { options.maxTiles = 1 }
    let preparation = try choice.preparation(
      argument: model, runtime: runtime, maxTiles: options.maxTiles, download: download)
    let found = try preparation.find()
    try found.requireRoom(for: sources.count, contextLength: runtime.contextLength)
    let pictures = try read(sources)
    let log = try chatLog()
    let loaded = try Interrupts.cancellable { try preparation.load(preparation.fetch(found)) }
    guard loaded.model.thinks || !questioning.thinking else {
      throw CommandError.cannotThink(model: loaded.name)
    }
    if choice.modelPath != nil, case .here(let checkpoint) = found {
      StandardError.say("internvl: \(checkpoint.summary(system: questioning.systemMessage))")
    }
    let answering = Answering(loaded: loaded, options: options, isVerbose: verbose)
    if let question {
      try answering.answerOnce(
        Conversation(messages: question.messages, images: pictures.map(\.image)), asJSON: json,
        dump: dump.map { URL(filePath: $0) }, pictures: sources.map(\.name))
    } else {
      try runChat(NativeAnswerer(answering), log, pictures, lines: script)
    }
  }

  /// How pictures are read.
  private var input: PictureInput {
    var input = questioning.pictures.reading.input
    input.isOffline = choice.hub.offline
    return input
  }

  private func read(_ sources: [PictureSource]) throws -> [ChatPicture] {
    try sources.map {
      let source = try $0.fetched(by: input)
      return ChatPicture(source, image: try input.read(source))
    }
  }

  /// What a chat begins with.
  private func chatLog() throws -> ChatLog {
    var log = try chat.log(input: input)
    log.system = questioning.systemMessage ?? log.system
    return log
  }

  /// Chats on the terminal, or answers `lines`.
  private func runChat(
    _ answerer: any ChatAnswerer, _ log: ChatLog, _ pictures: [ChatPicture], lines: ScriptLines?
  ) throws {
    try Chat(
      answerer: answerer, input: input, lines: lines ?? chat.editor(),
      store: lines == nil ? chat.store : nil, log: log, waiting: pictures
    ).run()
  }

  /// The options among those given that only the native engine has.
  private var nativeOptions: [String] {
    (choice.adapter == nil ? [] : ["--adapter"]) + runtime.nativeOptions
      + generation.nativeOptions + (logprobs == nil ? [] : ["--logprobs"])
      + (dump == nil ? [] : ["--dump"])
      + (engines.endpoints.isEmpty || choice.modelPath == nil ? [] : ["--model-path"])
  }

  /// Asks another engine: one that is started for this, or a server that runs.
  private func askOther(
    _ question: Question?, _ sources: [PictureSource], _ options: GenerationOptions,
    lines: ScriptLines?
  ) throws {
    if let shape = options.shape, shape.jsonSchema == nil {
      throw CommandError.shortSchemaForServer
    }
    // What may be wrong with pictures or an earlier chat shows before an engine is started.
    let pictures = try read(sources)
    let log = try chatLog()
    func ask(_ answering: EndpointAnswering) throws {
      if let question {
        try answering.answerOnce(
          Conversation(messages: question.messages, images: pictures.map(\.image)), asJSON: json)
      } else {
        try runChat(answering, log, pictures, lines: lines)
      }
    }
    if let address = engines.endpoints.first {
      let endpoint = try Environment.endpoint(address)
      return try ask(
        EndpointAnswering(
          engine: "endpoint", endpoint: endpoint,
          model: endpoint.model(named: choice.model, argument: model, in: choice.registry.load()),
          options: options, isVerbose: verbose))
    }
    guard let engine = engines.engine.engine else { return }
    let started = try engines.start(
      engine, serving: EngineModel(choice, argument: model), contextLength: runtime.contextLength,
      // A chat sends all of its pictures with each question.
      pictures: sources.count)
    defer { started.stop() }
    try ask(
      EndpointAnswering(
        engine: engine.name, endpoint: started.served.endpoint,
        model: started.served.name, options: options,
        isVerbose: verbose, explain: started.explained))
  }

  /// Prints the command that would start an engine.
  private func showCommand(of engine: any Engine) throws {
    let (text, notes) = try engines.lines(
      starting: engine, serving: EngineModel(choice, argument: model),
      contextLength: runtime.contextLength)
    for note in notes { StandardError.say("internvl: \(note)") }
    try StandardOutput.write(text)
  }

  /// Refuses what goes with a question where none is asked, and what goes without one.
  private func requireQuestion(isAsked: Bool) throws(CommandError) {
    if isAsked, chat.continues { throw .chatWithQuestion }
    if isAsked { return }
    if json || dump != nil { throw .outputWithoutQuestion }
    if questioning.pictures.isVideo { throw .videoWithoutQuestion }
  }
}

extension PictureSource {
  /// The picture on this machine; says which one is fetched from the web.
  fileprivate func fetched(by input: PictureInput) throws -> PictureSource {
    let status = StatusLine()
    if case .web(let address) = self { status.show("fetching \(address)") }
    defer { status.clear() }
    return try input.fetched(self)
  }
}

extension ModelCheckpoint {
  /// How a folder is understood: its layout, template, system message and tiles.
  ///
  /// `system` is what the user gives as the system message.
  fileprivate func summary(system: String?) -> String {
    let template = configuration.template
    let layout =
      switch configuration.layout {
      case .openGVLab: "OpenGVLab's layout"
      case .transformers: "transformers' layout"
      }
    let message =
      switch system ?? template.systemMessage {
      case nil, ""?: "no system message"
      case _? where system != nil: "the given system message"
      case _?: "its system message"
      }
    return "\(name) has \(layout); template \(template.name) with \(message), "
      + "pictures of up to \(Units.count(configuration.maximumTiles, "tile"))"
  }
}
