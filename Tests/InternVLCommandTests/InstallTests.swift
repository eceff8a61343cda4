import Foundation
import TestSupport
import Testing

@Suite("An installed program")
struct InstallTests {
  private let stage: TemporaryFolder

  init() throws {
    stage = try TemporaryFolder()
    let page = try stage.write("a page", to: "manual/internvl-launch.1")
    let make = Process()
    make.executableURL = URL(filePath: "/usr/bin/env")
    make.currentDirectoryURL = SharedFixtures.projectRoot
    // The recipe alone, over the program that is there.
    make.arguments = [
      "make", "--silent", "--old-file=build", "--old-file=manual", "install",
      "BINARY=\(Program.executable.path)", "MANUAL=\(page.deletingLastPathComponent().path)",
      "DESTDIR=\(stage.url.path)", "PREFIX=/usr",
    ]
    try make.run()
    make.waitUntilExit()
    #expect(make.terminationStatus == 0)
  }

  @Test("finds its demo where make install puts it")
  func demo() throws {
    let result = try Program.run(["demo"], program: stage.url.appending(path: "usr/bin/internvl"))
    #expect(result.errors.contains(stage.url.path), "\(result.errors)")
    #expect(result.output.hasPrefix("Three shapes: "), "\(result.errors)")
  }

  @Test("has its man pages where man looks")
  func manual() throws {
    #expect(try stage.read("usr/share/man/man1/internvl-launch.1") == "a page")
  }

  /// What bash offers for the last of some words.
  private func completions(_ words: String...) throws -> [String] {
    let script = """
      shopt -s extglob; cd "$1"; PATH="$1/usr/bin:$PATH"
      source usr/share/bash-completion/completions/internvl
      shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
      _internvl internvl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let bash = Process()
    bash.executableURL = URL(filePath: "/usr/bin/env")
    bash.arguments = ["bash", "-c", script, "bash", stage.url.path, "internvl"] + words
    let output = Pipe()
    bash.standardOutput = output
    bash.standardError = FileHandle.nullDevice
    try bash.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    bash.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
  }

  @Test("lets bash complete commands, models, sizes of a format, and files")
  func bash() throws {
    #expect(try completions("lau") == ["launch"])
    #expect(try completions("launch", "InternVL3-8B") == ["InternVL3-8B", "InternVL3-8B-AWQ"])
    #expect(try completions("launch", "InternVL2.5").contains("InternVL2.5"))
    #expect(try completions("launch", "-f", "awq", "-s", "1").contains("14"))
    #expect(try completions("launch", "--image", "us") == ["usr"])
  }

  @Test(
    "leaves bash's own completion of files as it is",
    .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
  func files() throws {
    try stage.write("", to: "my photos/a.png")
    let session = try TerminalSession(
      "cd '\(stage.url.path)'; bash --norc --noprofile", columns: 120,
      environment: ["HOME": stage.url.path, "PS1": "> "])
    try session.wait(for: ">")
    try session.type("PATH=$PWD/usr/bin:$PATH; . usr/share/bash-completion/completions/internvl")
    try session.press("Enter")
    for (typed, completed) in [
      ("caption my", #"caption my\ photos/"#), (#"caption "my"#, #"caption "my photos"/"#),
      ("launch -i ~/us", "launch -i ~/usr/"), ("launch --image=us", "launch --image=usr/"),
      ("batch requests --output us", "batch requests --output usr/"),
    ] {
      try session.type("internvl \(typed)")
      try session.press("Tab")
      try session.wait(for: "internvl \(completed)")
      try session.press("C-u")
    }
  }

  /// How other shells are started with nothing but the installed completions.
  private static let shells = [
    (
      name: "zsh", start: "zsh --no-rcs --interactive",
      setUp: "fpath=($PWD/usr/share/zsh/vendor-completions $fpath); "
        + "autoload -Uz compinit; compinit -u -D"
    ),
    (
      name: "fish", start: "fish --no-config --interactive",
      setUp: "source usr/share/fish/vendor_completions.d/internvl.fish"
    ),
  ].filter { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0.name)") }

  @Test(
    "lets zsh and fish complete commands, models, sizes of a format, and files",
    .enabled(if: TerminalSession.isPossible, "tmux is not installed"), arguments: shells)
  func otherShells(name: String, start: String, setUp: String) throws {
    let session = try TerminalSession(
      "cd '\(stage.url.path)'; \(start)", columns: 120,
      environment: [
        "HOME": stage.url.path, "PATH": "\(stage.url.path)/usr/bin:/usr/bin:/bin",
      ])
    try session.type("\(setUp); echo set up with $status")
    try session.press("Enter")
    try session.wait(for: "\nset up with 0")
    for (typed, completed) in [
      ("lau", "launch"), ("show InternVL3-14", "show InternVL3-14B"),
      ("launch --n-gpu 2 InternVL3-14", "launch --n-gpu 2 InternVL3-14B"),
      ("launch -s 14 -f aw", "launch -s 14 -f awq"), ("launch -f awq -s 3", "launch -f awq -s 38"),
      ("caption us", "caption usr/"), ("launch -i us", "launch -i usr/"),
      ("launch --image=us", "launch --image=usr/"),
    ] {
      try session.type("internvl \(typed)")
      try session.press("Tab")
      try session.wait(for: "internvl \(completed)")
      try session.press("C-u")
    }
  }
}
