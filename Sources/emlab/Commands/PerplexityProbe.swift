import ArgumentParser
import Corpora
import Foundation
import Measurement
import Tokenization
import Transformer

extension DocumentLoss: ExpressibleByArgument {}

struct PerplexityProbe: Command {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "How well a model predicts texts: perplexity and bits a byte of each document.",
        usage: "emlab probe perplexity --model <model> --data <data> …",
        discussion: """
            For each adapter, file and document one JSON object: {"adapter", "data", "id", "nll" (nats), "tokens", \
            "bytes", "perplexity", "bits_per_byte"}. A document's first token is given, not predicted. Totals go to \
            stderr.

            For example:
              emlab probe perplexity --model model.gguf --adapter base --adapter primed \\
                --data Data/regime/neutral.jsonl > perplexity.jsonl
            """)

    @OptionGroup(title: "Model") var model: ModelOptions

    @Option(help: "A PEFT folder, or 'base' for none; give several to compare. (default: base)")
    var adapter: [String] = []

    @Option(help: "Documents, as JSON lines; give several to tell them apart.")
    var data: [String]

    @Option(help: "all: every token; explanation: tokens of the parts that documents mark with \"loss\".")
    var loss: DocumentLoss = .all

    @Option(help: "A token before each document, like <s>. (default: none)")
    var documentStart: String?

    @Option(
        help:
            "Longer documents are read in overlapping windows of so many tokens. (default: 2048, or the model's context where that is smaller)"
    )
    var window: Int?

    @OptionGroup var common: CommonOptions

    private struct Line: Encodable {
        var adapter: String
        var data: String
        var found: Perplexity

        enum CodingKeys: String, CodingKey {
            case adapter, data, perplexity
            case bitsPerByte = "bits_per_byte"
        }

        func encode(to encoder: any Encoder) throws {
            try found.encode(to: encoder)
            var keys = encoder.container(keyedBy: CodingKeys.self)
            try keys.encode(adapter, forKey: .adapter)
            try keys.encode(data, forKey: .data)
            try keys.encode(found.perplexity, forKey: .perplexity)
            try keys.encode(found.bitsPerByte, forKey: .bitsPerByte)
        }
    }

    func validate() throws {
        guard !data.isEmpty else { throw ValidationError("give --data FILE, once or several times") }
        if let window, window < 2 { throw ValidationError("--window must be at least 2, not \(window)") }
    }

    mutating func run() throws {
        let sets = try data.map { (file: $0, documents: try Documents.read(URL(filePath: $0))) }
        let loaded = try model.load()
        let window = min(window ?? 2048, loaded.files.configuration.maxPositions)
        let start = try loaded.token(documentStart, "--document-start")
        let names = adapter.isEmpty ? ["base"] : adapter
        let weights = try names.map { $0 == "base" ? nil : try loaded.adapter($0) }
        let progress = Progress(
            "perplexity", total: names.count * sets.reduce(0) { $0 + $1.documents.count }, unit: "documents")
        var done = 0
        var totals: [String] = []
        for (name, adapter) in zip(names, weights) {
            let scorer = CompletionScorer(decoder: loaded.decoder, adapter: adapter)
            for set in sets {
                var all: [Perplexity] = []
                // A few at a time, so that what is measured is printed.
                for first in stride(from: 0, to: set.documents.count, by: 16) {
                    guard !Interruption.isRequested else {
                        progress.end()
                        throw Interruption(kept: "what \(done) documents gave is printed")
                    }
                    let part = Array(set.documents[first..<min(set.documents.count, first + 16)])
                    let found = try Perplexity.measure(
                        part, loss: loss, scorer: scorer, tokenizer: loaded.tokenizer, start: start, window: window)
                    for one in found { try Console.emit(Line(adapter: name, data: set.file, found: one)) }
                    all += found
                    done += part.count
                    progress.update(done: done, adding: part.count)
                }
                let total = Perplexity.total(all, id: set.file)
                if all.isEmpty {
                    logger.warning("\(set.file): no document has a token that counts")
                } else {
                    totals.append(
                        String(
                            format: "%@, %@: perplexity %.3f, %.4f bits a byte (%d documents, %d tokens)", name,
                            set.file, total.perplexity, total.bitsPerByte, all.count, total.tokens))
                }
            }
        }
        progress.end()
        for total in totals { Console.say(total) }
    }
}

extension LoadedModel {
    /// The id of a token given by its spelling, nil where none is given.
    func token(_ text: String?, _ option: String) throws -> TokenID? {
        guard let text else { return nil }
        guard let id = tokenizer.id(ofToken: text) else {
            throw ValidationError("\(option): this model's vocabulary has no token '\(text)'")
        }
        return id
    }
}
