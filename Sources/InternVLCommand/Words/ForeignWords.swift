/// What xinference, ollama and transformers call things, and what they are here.
enum ForeignWords {
  /// What a foreign option means.
  enum Option {
    /// Another name of an option here, or of a foreign one.
    case same(as: String)
    /// It takes a value that changes nothing, or that is refused.
    case value(Value)
  }

  /// Which values of a foreign option are taken in silence, which with a note, and which not at all.
  struct Value {
    /// In lower case.
    var silent: Set<String> = []
    /// In lower case; nil stands for all others.
    var noted: Set<String>? = []
    /// Why a value does nothing; `*` stands for it.
    var note = ""
    /// Why a value is refused, and what to use; `*` stands for it.
    var refusal = ""
  }

  /// What a word means where a subcommand is expected; nil where it means nothing known.
  static func command(_ word: String) -> String? { commands[word.lowercased()] }

  /// What an option means that `launch` and its like do not have.
  static func option(_ name: String) -> Option? { options[name] }

  private static let commands = [
    "ls": "'internvl cache list' shows the models that are here, 'internvl list' all of them",
    "cached": "'internvl cache list' shows the models that are here",
    "rm": "use 'internvl cache remove'",
    "remove-cache": "use 'internvl cache remove'",
    "run": "use 'internvl launch'",
    "chat": "use 'internvl launch'",
    "generate": "use 'internvl launch --prompt TEXT'",
    "ps": "no model stays loaded after a launch; 'internvl cache list' shows those that are here; "
      + "GET /v1/models of a running 'internvl serve' names its models",
    "registrations": "use 'internvl list'",
    "register": "give 'internvl launch --registry FILE' your own models",
    "unregister": "leave out the --registry FILE that adds a model",
    "engine": "use 'internvl engines'",
    "terminate": stop,
    "stop": stop,
    "download": "use 'internvl pull'",
    "cal-model-mem": "'internvl show' says what memory a model needs",
  ]

  private static let stop =
    "nothing runs on after a launch; /exit or Ctrl-D leaves a chat; Ctrl-C ends 'internvl serve'"

  private static let options: [String: Option] = [
    "--download-hub": .same(as: "--hub"),
    "--max-new-tokens": .same(as: "--max-tokens"),
    "--max-model-len": .same(as: "--context-length"),
    "--temp": .same(as: "--temperature"),
    "--model-engine": engine, "-en": engine,
    "--model-uid": uid, "-u": uid,
    "--model-type": type, "-t": type,
    "--n-gpu": gpus, "--gpu-idx": gpuNumbers,
    "--replica": replica, "-r": replica, "--n-worker": replica,
    "--endpoint": endpoint, "-e": endpoint, "--worker-ip": endpoint, "--api-key": key,
    "-ak": .same(as: "--api-key"),
  ]

  private static let engine = Option.value(
    Value(
      silent: ["native", "internvl"],
      noted: [
        "vllm", "transformers", "lmdeploy", "llama.cpp", "sglang", "mlx", "ollama", "pytorch",
      ],
      note: "* is not used: this program's own CPU runtime answers",
      refusal: "there is no engine '*'; leave --model-engine out, or name it native"))

  private static let uid = Option.value(
    Value(noted: nil, note: "the name '*' is not used: models go by their own names"))

  private static let type = Option.value(
    Value(
      silent: ["llm"],
      refusal: "models of the type '*' do not run here; InternVL's are of the type LLM"))

  private static let gpus = Option.value(
    Value(
      silent: ["none", "auto", "0"], noted: nil, note: "no GPU is used: everything runs on the CPU")
  )

  private static let gpuNumbers = Option.value(
    Value(
      silent: ["none"], noted: nil,
      note: "no GPU is chosen: an engine takes those that CUDA_VISIBLE_DEVICES names"))

  private static let replica = Option.value(
    Value(
      silent: ["1"],
      refusal:
        "* copies of a model do not run at once; leave the option out, and answer for several "
        + "pictures at a time with 'internvl caption --parallel'"))

  private static let endpoint = Option.value(
    Value(refusal: "no server is asked; leave the option out"))

  private static let key = Option.value(
    Value(refusal: "a key is not taken from the command line; put it into INTERNVL_API_KEY"))
}

extension ForeignWords.Value {
  /// The note about a value, or nil in silence.
  ///
  /// - Throws: `WordError.refused`.
  func judge(_ value: String, of option: String) throws(WordError) -> String? {
    let word = value.lowercased()
    if silent.contains(word) { return nil }
    guard noted?.contains(word) ?? true else {
      throw .refused(option: option, reason: refusal.replacing("*", with: value))
    }
    return note.replacing("*", with: value)
  }
}
