// swift-tools-version: 6.2
import PackageDescription

// libtorch lies in .deps/torch, where `make build` puts it: only CTorch and what stands on it needs it.
let torch = Context.packageDirectory + "/.deps/torch"

/// `EMLAB_TENSORLESS=1` leaves out every target that stands on libtorch: what knows no tensors builds and tests alone.
let tensorless = Context.environment["EMLAB_TENSORLESS"] == "1"

/// Each dependency has a reason; nothing a well-kept library does is written here.
let dependencies: [Package.Dependency] = [
    // The command line: parsing, help, completion.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Warnings and what --verbose tells: a library says it without knowing who listens, the command line prints it.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // Question banks and study files are YAML.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // The ledger of studies is SQLite in WAL mode: several processes read and write one store. Needs Debian's
    // libsqlite3-dev.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    // SHA-256: fingerprints of models and data, keys of steps.
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // Judges and reasoning models answer over HTTP: pooled connections, TLS, time-outs, cancellation.
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    // The bytes and errors that async-http-client hands out; in tests, the scripted server that misbehaves.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let ledger = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")

let swiftSettings: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: swiftSettings)
}

// No tensors here.
let foundations: [Target] = [
    // What every draw in emlab comes from.
    library("RandomStreams"),
    library("Evidence", ["RandomStreams"]),
    library("Corpora", ["RandomStreams", crypto, yaml]),
    library("Tokenization", ["Corpora"]),
    library("Checkpoint", ["Tokenization", crypto]),
    // From files of judged answers, measures, arms and claims to evidence.
    library("Weighing", ["Evidence", "Corpora", yaml]),
    library("Reports", ["Evidence", "Corpora"]),
    library(
        "Endpoints",
        [
            "Corpora", "RandomStreams", crypto, yaml, nioCore, nioHTTP, nioPosix,
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
        ]),
    library("Judging", ["Corpora", "Endpoints", "Evidence", crypto]),
    library("Studies", ["Evidence", "Weighing", "Corpora", "Checkpoint", "Endpoints", crypto, yaml, ledger]),
    // The stages before training: programs to explanations, twins and pairs, each with its manifest.
    library("Preparation", ["Corpora", "Endpoints", "Evidence", "RandomStreams", crypto]),
    tests("Evidence", ["RandomStreams"]),
    tests("Weighing", ["Evidence", "Corpora", "RandomStreams"]),
    tests("Corpora", ["RandomStreams"]),
    tests("Tokenization"),
    tests("Checkpoint", ["Tokenization", crypto]),
    tests("Reports", ["Evidence", "RandomStreams"]),
    tests(
        "Endpoints",
        ["Corpora", "RandomStreams", yaml, nioCore, nioHTTP, nioPosix]),
    tests("Preparation", ["Corpora", "Endpoints"]),
    tests("Judging", ["Corpora", "Endpoints", "Evidence", "RandomStreams"]),
    // A study of invented steps in a process of its own, for tests to kill.
    .executableTarget(
        name: "invented-study", dependencies: ["Studies"], path: "Tests/InventedStudy", swiftSettings: swiftSettings),
    tests("Studies", ["Corpora", "Checkpoint", "RandomStreams", "invented-study", crypto]),
]

let engine: [Target] = [
    // libtorch behind a C face: the only C++ in the house.
    .target(
        name: "CTorch",
        cxxSettings: [
            .unsafeFlags([
                "-isystem", torch + "/include",
                "-isystem", torch + "/include/torch/csrc/api/include",
                "-O3", "-fno-math-errno", "-fno-trapping-math",
            ])
        ],
        linkerSettings: [
            .unsafeFlags(["-L" + torch + "/lib", "-Xlinker", "-rpath", "-Xlinker", torch + "/lib"]),
            .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
        ]),
    library("Torch", ["CTorch"]),
    library("Transformer", ["Torch", "Checkpoint", "Tokenization"]),
    library(
        "Sampling",
        ["Transformer", "Torch", "Tokenization", "Checkpoint", "Endpoints", "Corpora", "RandomStreams", crypto]),
    library("FineTuning", ["Transformer", "Checkpoint", "Torch", "Tokenization", "Corpora", "RandomStreams"]),
    library(
        "Measurement",
        ["Sampling", "Transformer", "Torch", "Tokenization", "Corpora", "Evidence", "RandomStreams"]),
    .executableTarget(
        name: "emlab",
        dependencies: [
            "Torch", "Evidence", "Corpora", "Tokenization", "Checkpoint", "Transformer", "Sampling",
            "FineTuning", "Measurement", "Reports", "Judging", "Weighing", "Endpoints", "Preparation", "Studies",
            crypto,
            logging,
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: swiftSettings),
    // What several test targets look things up with.
    .target(
        name: "TestSupport", dependencies: ["Torch", "Transformer", "Checkpoint"], path: "Tests/Support",
        swiftSettings: swiftSettings),
    tests("Torch"),
    tests("Transformer", ["Torch", "Checkpoint", "TestSupport"]),
    tests(
        "Sampling", ["Torch", "Transformer", "Checkpoint", "Tokenization", "Corpora", "Endpoints", "TestSupport"]),
    tests("FineTuning", ["Torch", "Transformer", "Checkpoint", "TestSupport"]),
    tests(
        "Measurement", ["Sampling", "Torch", "Transformer", "Checkpoint", "Evidence", "RandomStreams", "TestSupport"]),
    .testTarget(name: "CommandTests", dependencies: ["emlab"], swiftSettings: swiftSettings),
]

let package = Package(
    name: "emlab",
    products: tensorless ? [] : [.executable(name: "emlab", targets: ["emlab"])],
    dependencies: dependencies,
    targets: foundations + (tensorless ? [] : engine),
    cxxLanguageStandard: .cxx20
)
