import ArgumentParser
import Checkpoint
import FineTuning
import Foundation
import Tokenization
import Torch
import Transformer

extension Device: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension ChatFormat: ExpressibleByArgument {}

enum ComputeType: String, ExpressibleByArgument, CaseIterable {
    case float32, bfloat16

    var dtype: DType { self == .float32 ? .float32 : .bfloat16 }
}

/// Which model, and how it is run.
struct ModelOptions: ParsableArguments {
    @Option(help: "A Hugging Face model folder or a .gguf file.")
    var model: String

    @Option(help: "What the base's weights are computed in; adapters, loss and norms are float32 always.")
    var dtype: ComputeType = .float32

    @Option(help: "Where it runs: cpu, cuda or cuda:N.")
    var device: Device = .cpu

    @Option(help: "Threads on the CPU. (default: one for each core)")
    var threads: Int?

    @Option(help: "The chat format. (default: the one that the model's own template names)")
    var chatFormat: ChatFormat?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads)")
        }
    }

    /// - Parameter learning: whether the model's own weights are to be trained.
    func load(learning: Bool = false) throws -> LoadedModel { try LoadedModel(self, learning: learning) }
}

/// A model in memory with all it takes to talk to it.
struct LoadedModel {
    let files: ModelFiles
    let decoder: Decoder
    /// The model's own weights, where they are to be trained.
    let parameters: ModelParameters?
    let tokenizer: Tokenizer
    private let chosenFormat: ChatFormat?

    init(_ options: ModelOptions, learning: Bool = false) throws {
        guard options.device.isAvailable else {
            let why = Libtorch.cudaMessage
            throw ConsoleError(
                "--device \(options.device): libtorch sees \(Device.cudaCount) GPUs here"
                    + (why.isEmpty ? "" : " (\(why))")
                    + ". Run `make cuda` on a machine with an NVIDIA GPU, or use --device cpu")
        }
        if let threads = options.threads { try Libtorch.setThreads(threads) }
        let clock = ContinuousClock()
        let began = clock.now
        files = try ModelFiles.open(URL(filePath: options.model))
        tokenizer = try files.tokenizer()
        if learning {
            try MemoryPlan(files.configuration, dtype: options.dtype.dtype).check(options.device)
            let learnt = try ModelParameters(files, dtype: options.dtype.dtype, device: options.device)
            decoder = try withoutGradients { try learnt.decoder() }
            parameters = learnt
        } else {
            decoder = try Decoder(files, dtype: options.dtype.dtype, device: options.device)
            parameters = nil
        }
        chosenFormat = options.chatFormat
        let unused = files.unusedTensors
        if !unused.isEmpty {
            logger.warning(
                "\(options.model): \(unused.count.counted("tensor is", "tensors are")) not part of a \(files.configuration.family.rawValue) model and ignored",
                metadata: ["tensors": "\(unused.prefix(3).joined(separator: " "))\(unused.count > 3 ? " …" : "")"])
        }
        logger.debug(
            "model \(options.model): \(files.configuration.family.rawValue), \(files.configuration.layerCount) layers of \(files.configuration.hiddenSize), loaded in \(String(format: "%.2f s", Progress.seconds(clock.now - began)))",
            metadata: [
                "dtype": "\(options.dtype.rawValue)", "device": "\(options.device)", "threads": "\(Libtorch.threads)",
                "libtorch": "\(Libtorch.version)", "cpu": "\(Libtorch.cpuKernels)",
            ])
        try Interruption.check()
    }

    /// The chat format asked for, else the one the model's template is recognised as.
    func format() throws -> ChatFormat {
        let format = try Self.format(files, chosen: chosenFormat)
        logger.debug(
            "chat format \(format.rawValue)\(chosenFormat == nil ? ", the model's own" : "")",
            metadata: ["system prompt": "\(format.defaultSystemPrompt ?? "none by default")"])
        return format
    }

    static func format(_ files: ModelFiles, chosen: ChatFormat?) throws -> ChatFormat {
        if let chosen { return chosen }
        guard let template = files.chatTemplate else {
            throw ConsoleError(
                "\(files.url.relativePath) has no chat template; say how its conversations are written with --chat-format, one of "
                    + ChatFormat.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return try ChatFormat.recognise(template: template)
    }

    func adapter(_ path: String?, trainable: Bool = false) throws -> LowRankAdapter? {
        guard let path else { return nil }
        let read = try AdapterFiles.read(URL(filePath: path), base: files.configuration)
        logger.debug(
            "adapter \(path): rank \(read.configuration.rank), \(read.modules.count) modules",
            metadata: ["targets": "\(read.configuration.targetModules.joined(separator: " "))"])
        return try decoder.adapter(read, trainable: trainable)
    }
}
