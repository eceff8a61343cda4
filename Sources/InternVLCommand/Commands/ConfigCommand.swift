import ArgumentParser
import Foundation

/// `internvl config`: the defaults of options, and where they come from.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Shows the defaults of options, and where they come from.",
    discussion: """
      Your own defaults are an object in ~/.config/internvl/config.json, or below $XDG_CONFIG_HOME, \
      such as {"model": "8b-awq", "max-tokens": 500}. An option wins over a variable of the \
      environment, that over the file, and the file over what is built in.
      """)

  func run() throws {
    let program = try CommandTree.program()
    let defaults = try Environment.defaults()
    var table = Table([("SETTING", .left), ("VALUE", .left), ("FROM", .left)])
    for name in Defaults.names {
      let source =
        switch defaults.source(of: name) {
        case .environment(let variable): variable
        case .file: Environment.configuration.path
        case .builtIn: "built in"
        }
      table.append([name, defaults.text(of: name, in: program), source])
    }
    try StandardOutput.write(table.text)
  }
}
