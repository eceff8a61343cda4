// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "internvl",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "internvl", targets: ["InternVLCommand"]),
    .library(name: "InternVL", targets: ["InternVL"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    // Without traits it needs neither swift-configuration nor all of Foundation.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "InternVLCommand",
      dependencies: [
        "Server", "Captioning", "Engines", "Models", "OpenAIMessages", "InternVL", "Tokenizers",
        "Imaging", "Checkpoint", "Kernels", "Hub", "Registry", "Files", "CBuild", "CEdit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),
    .target(
      name: "Server",
      dependencies: [
        "Engines", "Models", "OpenAIMessages", "InternVL", "Tokenizers", "Imaging", "Hub", "JSON",
        "Files", "CSSL",
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("openapi.json"), .embedInCode("Page")]),
    .target(
      name: "Engines",
      dependencies: [
        "OpenAIMessages", "InternVL", "Imaging", "Hub", "Registry", "JSON", "Processes",
      ]),
    .target(name: "OpenAIMessages", dependencies: ["InternVL", "JSON", "Files"]),
    .target(
      name: "Models", dependencies: ["InternVL", "Checkpoint", "Registry", "Hub", "Files"]),
    .target(
      name: "Captioning",
      dependencies: ["Engines", "InternVL", "Imaging", "Archives", "JSON", "Files"]),
    .target(
      name: "InternVL",
      dependencies: [
        "Checkpoint", "Tokenizers", "StructuredOutput", "Imaging", "Kernels", "JSON", "Files",
      ]),
    .target(name: "Tokenizers", dependencies: ["CSentencePiece", "JSON", "Files"]),
    .target(name: "StructuredOutput", dependencies: ["JSON", "Files"]),
    .target(name: "Imaging", dependencies: ["CImaging", "CVips", "Processes", "Files"]),
    .target(
      name: "Checkpoint", dependencies: ["Kernels", "Archives", "JSON", "Files", "CZlib"]),
    .target(name: "Kernels", dependencies: ["CKernels", "COpenBLAS"]),
    .target(name: "Hub", dependencies: ["Registry", "Files", "CCurl"]),
    .target(
      name: "Registry", dependencies: ["JSON", "Files"], resources: [.embedInCode("registry.json")]),
    .target(name: "JSON", dependencies: ["Files"]),
    .target(name: "Archives", dependencies: ["Files", "CArchive"]),
    .target(name: "Files", dependencies: ["CCrypto"]),
    .target(name: "Processes", dependencies: ["CProcesses"]),

    .target(
      name: "CKernels",
      exclude: ["README.md"],
      cSettings: [.headerSearchPath("."), .unsafeFlags(["-O3", "-std=c17"])]),
    .target(name: "CImaging", cSettings: [.unsafeFlags(["-O3", "-std=c17"])]),
    .target(
      name: "CProcesses",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-std=c17"])]),
    .target(name: "CBuild"),
    .target(name: "CVips"),
    .target(name: "COpenBLAS"),
    .target(name: "CSentencePiece", linkerSettings: [.linkedLibrary("sentencepiece")]),
    .target(
      name: "CEdit", cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-std=c17"])],
      linkerSettings: [.linkedLibrary("edit")]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    .target(
      name: "TestSupport", path: "Tests/TestSupport",
      exclude: ["fake_hub.py", "fake_engine.py", "stand_in_engine.py"]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "OpenAIMessages", "InternVL", "Checkpoint", "Tokenizers", "StructuredOutput", "Imaging",
        "Kernels", "Hub",
        "Registry", "JSON",
      ]),
    .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"]),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "Files", "TestSupport"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(name: "ProcessesTests", dependencies: ["Processes", "TestSupport"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"]),
    .testTarget(
      name: "CheckpointTests", dependencies: ["Checkpoint", "JSON", "Files", "TestSupport"]),
    .testTarget(
      name: "ImagingTests",
      dependencies: ["Imaging", "Files", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "TokenizersTests", dependencies: ["Tokenizers", "JSON", "Files", "TestSupport"]),
    .testTarget(
      name: "StructuredOutputTests",
      dependencies: ["StructuredOutput", "JSON", "Files", "TestSupport"]),
    .testTarget(name: "RegistryTests", dependencies: ["Registry", "Files", "TestSupport"]),
    .testTarget(name: "HubTests", dependencies: ["Hub", "Registry", "Files", "TestSupport"]),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], exclude: ["Corpus"]),
    .testTarget(
      name: "InternVLTests", dependencies: ["InternVL", "JSON", "Files", "TestSupport"]),
    .testTarget(
      name: "EnginesTests",
      dependencies: ["Engines", "InternVL", "Hub", "Registry", "Processes", "TestSupport"],
      exclude: ["Snapshots"]),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "InternVL", "Registry", "Hub", "TestSupport"]),
    .testTarget(
      name: "OpenAIMessagesTests", dependencies: ["OpenAIMessages", "InternVL", "TestSupport"]),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Server", "Models", "OpenAIMessages", "InternVL", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["tls_client.py"]),
    .testTarget(
      name: "CaptioningTests",
      dependencies: ["Captioning", "Archives", "Imaging", "Files", "TestSupport"]),
    .testTarget(
      name: "InternVLCommandTests",
      dependencies: [
        "InternVLCommand", "Server", "OpenAIMessages", "StructuredOutput", "TestSupport",
      ],
      exclude: ["Snapshots"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17,
  cxxLanguageStandard: .cxx17
)

// Only `make fuzz` builds this program, whose `main` is libFuzzer's.
if Context.environment["INTERNVL_FUZZ"] != nil {
  package.targets.append(.executableTarget(name: "Fuzz", dependencies: ["FuzzTargets"]))
}

// `make` says which commit it builds.
if let commit = Context.environment["INTERNVL_COMMIT"], !commit.isEmpty {
  for target in package.targets where target.name == "CBuild" {
    target.cSettings = [.define("INTERNVL_COMMIT", to: commit)]
  }
}

// Only `make test-emulated` computes the kernels for AVX-VNNI and AVX-512 with SIMDe and AVX2.
if Context.environment["INTERNVL_EMULATE"] != nil {
  for target in package.targets where target.name == "CKernels" {
    target.cSettings = [
      .headerSearchPath("."), .define("CK_EMULATES"),
      .unsafeFlags(["-O2", "-std=gnu17", "-mavx2", "-mfma", "-mf16c"]),
    ]
  }
}

let foreignTargets: Set = [
  "CKernels", "CImaging", "CVips", "COpenBLAS", "CSentencePiece", "CEdit", "CProcesses", "CBuild",
]
for target in package.targets where target.type != .system && !foreignTargets.contains(target.name)
{
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
  ]
}

// They wait for the network, the disk and the terminal. Optimising them takes two thirds of the time to
// compile them, and makes nothing faster (docs/performance.md).
let unoptimizedTargets: Set = ["InternVLCommand", "Server", "Models", "Hub", "Registry"]
for target in package.targets where unoptimizedTargets.contains(target.name) {
  target.swiftSettings?.append(.unsafeFlags(["-Onone"], .when(configuration: .release)))
}

// Its tests compile hundreds of schemas and walk through masks, which would take minutes.
for target in package.targets where target.name == "StructuredOutput" {
  target.swiftSettings?.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
}
