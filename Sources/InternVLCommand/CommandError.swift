import ArgumentParser
import Captioning
import Checkpoint
import Foundation
import Hub
import Imaging
import InternVL
import Registry
import Tokenizers

/// What can go wrong in a command itself.
enum CommandError: Error, Equatable {
  /// The command line asks for something that makes no sense.
  case usage(String)
  /// A file could not be read or written; `reason` is the system's sentence.
  case file(path: String, reason: String)
  /// A text file is not UTF-8; `offset` is the first byte that is not.
  case notUTF8(name: String, offset: Int)
  /// The checkpoint of a spec is not on this machine.
  case notHere(ModelSpec)
  /// A model needs more memory than is free; the sentence has the numbers.
  case tooLarge(String)
  /// Pictures that with one tile each have at least as many tokens as the context.
  case tooManyPictures(Int, tokens: Int, context: Int)
  /// The work was done only in part, as was already said.
  case failed(String)
  /// Ctrl-C.
  case interrupted
}

extension CommandError: CustomStringConvertible {
  var description: String {
    switch self {
    case .usage(let sentence), .failed(let sentence), .tooLarge(let sentence): sentence
    case .file(let path, let reason): "cannot use '\(path)': \(reason)"
    case .notUTF8(let name, let offset):
      "\(name) is not UTF-8 text (byte \(offset)); convert it, for example with iconv"
    case .notHere(let spec): Self.notHere(spec)
    case .tooManyPictures(let count, let tokens, let context):
      "\(Units.count(count, "picture")) take at least \(tokens) tokens but the context holds "
        + "\(context); give fewer, or raise --context-length"
    case .interrupted: "interrupted"
    }
  }

  private static func notHere(_ spec: ModelSpec) -> String {
    switch spec.source {
    case .folder(let folder, nil):
      "the folder '\(folder)' of \(spec.name) is missing; install the program again or give "
        + "another one with --model-path"
    case .folder(let folder, let base?):
      "the folder '\(URL(filePath: folder, relativeTo: base).standardizedFileURL.path)' of "
        + "\(spec.name) is missing; correct the registry's 'folder' or give one with --model-path"
    case .hubs:
      "\(spec.name) is not on this machine; 'internvl pull \(spec.name)' downloads it"
    }
  }
}

/// Turns whatever ended a command into a message and the exit status.
///
/// 0: done. 1: failed. 2: wrong usage. 130: interrupted by Ctrl-C.
func finish(_ error: any Error) -> Int32 {
  switch error {
  case OutputError.closed:
    return 1
  case CommandError.interrupted:
    return Interrupts.exitStatus
  case OutputError.failed(let reason):
    return fail("cannot write to standard output: \(reason)", status: 1)
  case CommandError.usage(let sentence):
    return fail("\(sentence)\nSee 'internvl --help'.", status: 2)
  case let error as RegistryError:
    return fail(Advice.sentence(error), status: error.isUsageError ? 2 : 1)
  case let error as HubError:
    return fail(Advice.sentence(error), status: error.isUsage ? 2 : 1)
  case let error as any CommandSentence:
    return fail(Advice.sentence(error), status: 1)
  default:
    return finish(parserError: error)
  }
}

/// Errors whose description is the user's sentence.
protocol CommandSentence: Error, CustomStringConvertible {}
extension CommandError: CommandSentence {}
extension InternVLError: CommandSentence {}
extension CaptioningError: CommandSentence {}
extension CheckpointError: CommandSentence {}
extension ImagingError: CommandSentence {}
extension TokenizerError: CommandSentence {}
extension HubError: CommandSentence {}

private func finish(parserError error: any Error) -> Int32 {
  let message = InternVLCommand.fullMessage(for: error)
  switch InternVLCommand.exitCode(for: error) {
  case .success:  // help and version
    do {
      try StandardOutput.write(message + "\n")
      return 0
    } catch {
      return finish(error)
    }
  case let code:
    let prefix = "Error: "
    return fail(
      message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message,
      status: code == .validationFailure ? 2 : 1)
  }
}

private func fail(_ sentence: String, status: Int32) -> Int32 {
  StandardError.say("internvl: \(sentence)")
  return status
}
