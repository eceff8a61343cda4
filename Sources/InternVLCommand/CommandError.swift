import Hub

/// What can go wrong in a command itself.
enum CommandError: Error, Equatable {
  /// An argument is not UTF-8; U+FFFD stands in it for what is not.
  case argumentNotUTF8(String)
  /// A video or frames, and nothing is asked about them.
  case videoWithoutQuestion
  /// A JSON object or a dump of an answer, and nothing is asked.
  case outputWithoutQuestion
  case emptyPrompt
  /// A prompt about one picture has several places for pictures.
  case severalPlaceholders
  /// Neither pictures nor a list of them are named.
  case nothingToCaption
  /// No variable of a job says which share this process has.
  case unknownShard
  /// Nothing says how many shares there are.
  case unknownShardCount
  /// There is no such share; it counts from 1.
  case noSuchShard(Int, count: Int)
  /// Servers that are to caption together have different models.
  case differentModels(String, String)
  /// A server is to answer in a shape that is in its short form.
  case shortSchemaForServer
  /// The model has no tokens around thoughts.
  case cannotThink(model: String)
  /// An address that other machines reach is to be listened on without a key.
  case openWithoutKey(host: String)
  /// A server is to have a model twice.
  case modelTwice(String)
  /// Standard input cannot be read.
  case noStandardInput
  /// The picture that comes with the program is not where it should be.
  case noDemoPicture(path: String)
  /// A text file is not UTF-8; `offset` is the first byte that is not.
  case notUTF8(name: String, offset: Int)
  /// A model is not in the caches.
  case notInCaches(String)
  /// So many files of the caches are damaged or missing, as was already said.
  case damagedFiles(Int)
  /// The user did not confirm that something is to be removed.
  case notConfirmed
  /// A text is not JSON of the form that was expected.
  case notJSON(name: String, expected: String)
  /// A file that should hold keys has none.
  case noKeys(file: String)
  /// A conversation file names a picture on the web.
  case webPicture(String, file: String)
  /// A picture on the web could not be fetched.
  case unfetched(String, WebDownload.Fault)
  /// A picture is on the web, and nothing may be sent over the network.
  case notFetchedOffline(String)
  /// There is no chat to go on with.
  case noChat
  /// A chat is to go on, and a question is asked.
  case chatWithQuestion
  /// So many lines of a script could not be carried out, as was already said.
  case failedLines(Int)
  /// Line editing cannot be set up.
  case noLineEditor
  /// The work was done, except for so many parts of it, as was already said.
  case failures(Int)
  /// Ctrl-C.
  case interrupted
}

extension CommandError: CustomStringConvertible {
  var description: String {
    switch self {
    case .argumentNotUTF8(let argument):
      "the argument '\(argument)' is not UTF-8; if it is a file's name, rename the file"
    case .videoWithoutQuestion: "--video and --frames need a question: give --prompt"
    case .outputWithoutQuestion: "--json and --dump need a prompt: give --prompt or --messages"
    case .emptyPrompt: "the prompt is empty"
    case .severalPlaceholders:
      "the prompt has several <image>; each caption is about one picture"
    case .nothingToCaption:
      "there is nothing to caption; name pictures, folders, archives or a --list"
    case .unknownShard:
      "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX says which share this is; use "
        + "--shard i/n"
    case .unknownShardCount: "nothing says how many shares there are; use --shards"
    case .noSuchShard(let number, let count):
      "there is no share \(number) of \(count); correct --shards or the job's size"
    case .differentModels(let one, let other):
      "the servers have different models, \(one) and \(other); name one with --model-name"
    case .shortSchemaForServer:
      "a server does not know the short form of a schema; give --schema a JSON Schema"
    case .cannotThink(let model):
      "\(model) does not think before it answers; leave out --thinking or take InternVL3.5"
    case .openWithoutKey(let host):
      "'\(host)' can be reached from other machines: give --api-key, or --insecure"
    case .modelTwice(let name): "\(name) is named twice"
    case .noStandardInput: "standard input cannot be read"
    case .noDemoPicture(let path): "'\(path)' is missing; install the program again"
    case .notUTF8(let name, let offset):
      "\(name) is not UTF-8 text (byte \(offset)); convert it, for example with iconv"
    case .notInCaches(let model): "'\(model)' is not in the caches; see 'internvl cache list'"
    case .damagedFiles(let count):
      "\(Units.count(count, "file")) damaged or missing; run 'internvl cache repair', then "
        + "'internvl pull' or 'internvl launch'"
    case .notConfirmed: "nothing was removed"
    case .notJSON(let name, let expected): "\(name) is not JSON with \(expected)"
    case .noKeys(let file): "'\(file)' holds no key"
    case .webPicture(let address, let file):
      "'\(file)' has a picture at \(address); download it and give its path"
    case .unfetched(let address, let fault): "cannot fetch '\(address)': \(fault)"
    case .notFetchedOffline(let address): "'\(address)' is on the web, and the network is off"
    case .noChat: "there is no chat to go on with"
    case .chatWithQuestion: "--continue goes on with a chat; leave out --prompt and --messages"
    case .failedLines(let count): "\(Units.count(count, "line")) could not be carried out"
    case .noLineEditor: "the terminal cannot be used for line editing"
    case .failures(let count): "\(count) failed"
    case .interrupted: "interrupted"
    }
  }
}

extension CommandError {
  /// Whether the command line is wrong, rather than a file or the machine.
  var isUsageError: Bool {
    switch self {
    case .argumentNotUTF8, .videoWithoutQuestion, .outputWithoutQuestion, .emptyPrompt,
      .severalPlaceholders, .nothingToCaption, .unknownShard, .unknownShardCount, .noSuchShard,
      .shortSchemaForServer, .differentModels, .cannotThink,
      .openWithoutKey, .modelTwice,
      .chatWithQuestion:
      true
    case .noStandardInput, .noDemoPicture, .notUTF8, .notInCaches, .damagedFiles, .notConfirmed,
      .notJSON, .noKeys, .webPicture, .unfetched, .notFetchedOffline, .noLineEditor, .failures,
      .interrupted, .noChat, .failedLines:
      false
    }
  }
}
