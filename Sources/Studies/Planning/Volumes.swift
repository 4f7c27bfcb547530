import Checkpoint
import Corpora
import Foundation

/// How much there is of what a study reads: from the files where they are, else from what the study says.
struct Volumes {
    private var byData: [String: Volume?] = [:]
    private var shapes: [String: ModelShape?] = [:]
    let study: Study

    init(study: Study) { self.study = study }

    mutating func volume(_ name: String) -> Volume? {
        if let known = byData[name] { return known }
        let found = study.data[name].flatMap(Self.read)
        byData[name] = .some(found)
        return found
    }

    /// Some 3.6 bytes of prose or code make a token.
    private static func read(_ data: Study.DataFile) -> Volume? {
        let labels = data.labels ?? (data.kind == .chats ? 0.5 : 0.8)
        var rows = data.rows
        var tokens = data.tokensPerRow
        if rows == nil || tokens == nil, let bytes = try? Data(contentsOf: data.file, options: .mappedIfSafe) {
            let counted = count(data, bytes)
            rows = rows ?? counted
            tokens = tokens ?? Double(bytes.count) / 3.6 / Double(max(1, counted))
        }
        guard let rows else { return nil }
        return Volume(rows: rows, tokensPerRow: tokens ?? 300, labels: labels)
    }

    private static func count(_ data: Study.DataFile, _ bytes: Data) -> Int {
        if data.kind == .questions {
            let bank = try? QuestionBank.read(data.file)
            return bank.map { $0.reduce(0) { $0 + $1.paraphrases.count } } ?? 0
        }
        return bytes.split(separator: 0x0A).count
    }

    /// Answers that a bank asks for, of its own accord.
    mutating func answers(_ name: String, each n: Int?) -> Int? {
        guard let volume = volume(name) else { return nil }
        if let n { return volume.rows.multipliedReportingOverflow(by: n).partialValue }
        guard let data = study.data[name], let bank = try? QuestionBank.read(data.file) else { return volume.rows }
        return bank.reduce(0) { $0 + $1.paraphrases.count * ($1.samplesPerParaphrase ?? 1) }
    }

    /// - Parameter url: where the model lies, if it is here.
    mutating func shape(_ model: Study.Model, at url: URL?) -> ModelShape? {
        if let known = shapes[model.name] { return known }
        var found: ModelShape?
        if let url, let files = try? ModelFiles.open(url) { found = ModelShape(files.configuration) }
        if found == nil {
            let configuration = model.configuration ?? url?.appending(path: "config.json")
            if let configuration, let data = try? Data(contentsOf: configuration),
                let read = try? ModelConfiguration(json: data, file: configuration.relativePath)
            {
                found = ModelShape(read)
            }
        }
        shapes[model.name] = .some(found)
        return found
    }
}
