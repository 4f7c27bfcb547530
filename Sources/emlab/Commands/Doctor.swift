import ArgumentParser
import Foundation
import Torch

struct Doctor: Command {
    static let configuration = CommandConfiguration(
        abstract: "What is installed, found and missing, and what to do about it.")

    @Flag(help: "One JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    private struct Finding: Encodable {
        var what: String
        var ok: Bool
        var found: String
        var todo: String?
    }

    mutating func run() throws {
        var findings: [Finding] = []
        func note(_ what: String, _ ok: Bool, _ found: String, todo: String? = nil) {
            findings.append(Finding(what: what, ok: ok, found: found, todo: ok ? nil : todo))
        }
        note("emlab", true, Emlab.configuration.version)
        Libtorch.start()
        note("libtorch", true, "\(Libtorch.version), \(Libtorch.threads) threads, CPU loops for \(Libtorch.cpuKernels)")
        let works = (try? Tensor([1, 2] as [Float]).sum().item()) == 3
        note(
            "arithmetic", works, works ? "1 + 2 = 3" : "libtorch can't add", todo: "Run make clean-all, then make build"
        )
        if let memory = try? Device.cpu.memory() {
            note(
                "cpu memory", memory.free > 2 << 30, Self.gibibytes(memory),
                todo: "Training the small model takes 2 GiB: close something")
        }
        let gpus = Device.cudaCount
        note(
            "cuda", true,
            gpus > 0
                ? "\(gpus) GPUs"
                : "none (\(Libtorch.cudaMessage.isEmpty ? "no driver answers" : Libtorch.cudaMessage)); --device cpu is used"
        )
        for index in 0..<gpus {
            if let memory = try? Device.cuda(index).memory() { note("cuda:\(index)", true, Self.gibibytes(memory)) }
        }
        let deps = Installation.folder
        note(
            "set-up", deps != nil, deps?.path ?? "no .deps folder beside this program or above it",
            todo: "Run make build in emlab's folder")
        let model = deps?.appending(path: "models/SmolLM2-135M-Instruct.Q4_1.gguf").path
        let hasModel = model.map { FileManager.default.fileExists(atPath: $0) } ?? false
        note(
            "default model", hasModel, hasModel ? model ?? "" : "not there",
            todo: "make demo fetches it; any other model works too")
        let vega = deps?.appending(path: "vega/vega-bundle.js").path
        let hasVega = vega.map { FileManager.default.fileExists(atPath: $0) } ?? false
        note(
            "plots", hasVega, hasVega ? vega ?? "" : "no Vega bundle", todo: "make demo fetches it; only pages need it")
        for finding in findings {
            if json {
                try Console.emit(finding)
            } else {
                try Console.show(
                    (finding.ok ? "ok      " : "MISSING ")
                        + finding.what.padding(toLength: 16, withPad: " ", startingAt: 0)
                        + finding.found + (finding.todo.map { ". \($0)" } ?? ""))
            }
        }
        if !works { throw ExitCode.failure }
    }

    private static func gibibytes(_ memory: (free: Int64, total: Int64)) -> String {
        String(format: "%.1f GiB free of %.1f GiB", Double(memory.free) / 0x1p30, Double(memory.total) / 0x1p30)
    }
}

/// Where set-up has put things: the nearest `.deps` folder above this program, or $EMLAB_DEPS.
enum Installation {
    static var folder: URL? {
        if let named = ProcessInfo.processInfo.environment["EMLAB_DEPS"] { return URL(filePath: named) }
        return nearest(".deps")
    }

    /// A file of the repository that this program was built in, like `Data/demo/questions.yaml`; nil where there is none.
    static func file(_ path: String) -> String? { nearest(path)?.path }

    /// In the folder of this program or the nearest above it.
    private static func nearest(_ path: String) -> URL? {
        guard var place = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent() else {
            return nil
        }
        while place.path != "/" {
            let candidate = place.appending(path: path)
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
            place.deleteLastPathComponent()
        }
        return nil
    }
}
