import ArgumentParser
import Models

/// Where a model is downloaded from.
struct HubOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      huggingface, modelscope, or auto: a complete copy on this machine, else the hub that \
      answers first. (default: auto, or XINFERENCE_MODEL_SRC)
      """, valueName: "name"))
  var hub: HubSelection.Source?

  @Option(help: "A branch, tag or commit. (default: the registry's)")
  var revision: String?

  @Flag(help: "Sends nothing over the network, as HF_HUB_OFFLINE=1 does.")
  var offline = false

  /// The options as plain values.
  var selection: HubSelection {
    HubSelection(source: hub, revision: revision, isOffline: offline)
  }
}

extension HubSelection.Source: ExpressibleByArgument {}
