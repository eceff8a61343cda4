import ArgumentParser
import Captioning
import Checkpoint
import Engines
import Files
import Foundation
import Hub
import Imaging
import InternVL
import Kernels
import Models
import OpenAIMessages
import Registry
import Server
import Tokenizers

@main
private enum Program {
  static func main() {
    signal(SIGPIPE, SIG_IGN)  // a closed pipe is an error of `write`, not the end
    signal(SIGXFSZ, SIG_IGN)  // so is a file that `ulimit -f` does not allow
    ProcessHeap.keepLargeAllocationsApart()
    Interrupts.install()
    do {
      try CommandLine.requireUTF8()
      let reader = try ArgumentReader(
        InternVLCommand.arguments, program: .program(),
        defaults: { () throws(WordError) in try Environment.defaults() })
      for note in reader.notes { StandardError.say("internvl: \(note)") }
      var command = try reader.parsed()
      do { try command.run() } catch { throw reader.explained(error) }
    } catch {
      exit(finish(error))
    }
  }

  /// Turns whatever ended a command into a message and the exit status.
  ///
  /// 0: done. 1: failed. 2: wrong usage. 3: finished, with failures. 130: interrupted by Ctrl-C.
  private static func finish(_ error: any Error) -> Int32 {
    switch error {
    case OutputError.closed:
      return 1
    case CommandError.interrupted, ModelsError.cancelled:
      return Interrupts.exitStatus
    case CommandError.failures:
      return 3
    case OutputError.failed(let reason):
      return fail("cannot write to standard output: \(reason)", status: 1)
    case let error as CommandError where error.isUsageError:
      return fail("\(error)\nSee 'internvl --help'.", status: 2)
    case let error as WordError:
      let hint = error.isUsageError ? "\nSee 'internvl --help'." : ""
      return fail("\(error)\(hint)", status: error.isUsageError ? 2 : 1)
    case let error as RegistryError:
      return fail(Advice.sentence(error), status: error.isUsageError ? 2 : 1)
    case let error as ModelsError:
      return fail(Advice.sentence(error), status: error.isUsageError ? 2 : 1)
    case let error as HubError:
      return fail(Advice.sentence(error), status: error.isUsage ? 2 : 1)
    case let error as CaptioningError:
      return fail(Advice.sentence(error), status: error.isUsageError ? 2 : 1)
    case let error as EngineError:
      return fail(Advice.sentence(error), status: error.isUsageError ? 2 : 1)
    case let error as EndpointError:
      return fail(Advice.sentence(error), status: error.isUsageError ? 2 : 1)
    case let error as any CommandSentence:
      return fail(Advice.sentence(error), status: 1)
    default:
      return finish(parserError: error)
    }
  }

  /// What the argument parser has to say: help, the version or a mistake.
  private static func finish(parserError error: any Error) -> Int32 {
    let message = InternVLCommand.fullMessage(for: error)
    switch InternVLCommand.exitCode(for: error) {
    case .success:  // help and version
      do {
        // The parser is given the plain version, since the report takes time to make.
        let isVersion = message == InternVLCommand.release
        try StandardOutput.write((isVersion ? VersionReport.text : message) + "\n")
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

  private static func fail(_ sentence: String, status: Int32) -> Int32 {
    StandardError.say("internvl: \(sentence)")
    return status
  }
}

/// Errors whose description is the user's sentence.
protocol CommandSentence: Error, CustomStringConvertible {}
extension CommandError: CommandSentence {}
extension InternVLError: CommandSentence {}
extension ConversationError: CommandSentence {}
extension BatchError: CommandSentence {}
extension ServerError: CommandSentence {}
extension CaptioningError: CommandSentence {}
extension CheckpointError: CommandSentence {}
extension ImagingError: CommandSentence {}
extension TokenizerError: CommandSentence {}
extension HubError: CommandSentence {}
extension FileError: CommandSentence {}
extension EngineRunError: CommandSentence {}
extension NodeError: CommandSentence {}
