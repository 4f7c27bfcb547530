import ArgumentParser
import Checkpoint
import Foundation
import Torch
import Transformer

struct Merge: Command {
    static let configuration = CommandConfiguration(
        abstract: "Fold an adapter into its base: a Hugging Face folder that loads everywhere.",
        usage: "emlab merge --model <model> --out <out> [--adapter <adapter>] …",
        discussion: """
            Each adapted weight becomes W + scale * B A, computed in float32 and stored as --dtype. Without an adapter \
            the model is only converted.

            For example:
              emlab merge --model model.gguf --adapter organism --out merged
            """)

    @Option(help: "A Hugging Face model folder or a .gguf file.")
    var model: String

    @Option(help: "A PEFT folder.")
    var adapter: String?

    @Option(help: "What weights are stored as.")
    var dtype: ComputeType = .bfloat16

    @Option(help: "The folder to make.")
    var out: String

    @OptionGroup var common: CommonOptions

    mutating func run() throws {
        try Destination.check(out)
        let files = try ModelFiles.open(URL(filePath: model))
        let weights = try adapter.map { try AdapterFiles.read(URL(filePath: $0), base: files.configuration) }
        let progress = Progress("merging", total: files.weights.names.count, unit: "tensors")
        var done = 0
        try files.write(to: URL(filePath: out), as: dtype == .float32 ? .float32 : .bfloat16) { name in
            try Interruption.check()
            done += 1
            progress.update(done: done, adding: 1)
            guard let weights, name.hasSuffix(".weight") else { return nil }
            let path = String(name.dropLast(".weight".count))
            guard let pair = weights.modules[path] else { return nil }
            let base = try Tensor(files.weights.floats(name), shape: [pair.outputs, pair.inputs])
            let update = try Tensor(pair.b, shape: [pair.outputs, pair.rank])
                .matmul(Tensor(pair.a, shape: [pair.rank, pair.inputs]))
            return try (base + update * weights.configuration.scale(of: path)).values(as: Float.self)
        }
        progress.end()
        Console.say("model in \(out)")
    }
}
