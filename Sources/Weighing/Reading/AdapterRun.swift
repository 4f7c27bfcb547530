import Corpora
public import Foundation

/// What an adapter's folder tells of its training: `training.json` and `log.jsonl` as `emlab train` leaves them.
public enum AdapterRun {
    /// A log has a few hundred bytes a step.
    static let sizeLimit = 1_000_000_000

    /// True for a folder with a `training.json`.
    public static func isOne(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.appending(path: "training.json").path)
    }

    /// The label is the path as it was given, since `emlab sample` labels answers so.
    ///
    /// - Throws: ``WeighingError`` if the folder isn't one of `emlab train`, or can't be read.
    public static func read(_ path: String) throws -> ArmDraft {
        let folder = URL(filePath: path)
        let url = folder.appending(path: "training.json")
        guard let data = try? Data(contentsOf: url), data.count < 16_000_000,
            let training = object(data)
        else {
            throw WeighingError(
                path, "there is no training.json that can be read",
                "name folders that emlab train made, or give a table with --arms")
        }
        let text = training.compactMapValues { $0 as? String }
        let settings = Fields(text["training"].flatMap { object(Data($0.utf8)) } ?? [:])
        let adapter = text["adapter"].flatMap { object(Data($0.utf8)) } ?? [:]
        let shape = Fields(adapter)
        var draft = ArmDraft(label: path)
        draft.seed = settings.text("seed")
        draft.record.learningRate = settings.number("learningRate")
        draft.record.rank = shape.number("rank")
        draft.record.alpha = shape.number("alpha")
        if let isRoot = adapter["rslora"] as? Bool { draft.record.alphaRule = isRoot ? "rslora" : "lora" }
        draft.record.targets = (adapter["targetModules"] as? [String])?.sorted().joined(separator: ",")
        if let layers = adapter["layers"] as? [Int] {
            draft.record.targets =
                (draft.record.targets ?? "") + " of layers "
                + layers.map(String.init).joined(
                    separator: ",")
        }
        draft.record.objective = text["objective"]
        draft.record.data = text["data"].map { String($0.prefix(12)) }
        draft.record.model = text["model"].map { String($0.prefix(12)) }
        draft.record.steps = text["steps"].flatMap(Double.init)
        if let beta = text["beta"].flatMap(Double.init) { draft.record.numbers["beta"] = beta }
        try readLog(folder.appending(path: "log.jsonl"), into: &draft)
        return draft
    }

    /// Final loss: the mean over the last tenth of the steps. Norm and stable rank: the last ones logged.
    private static func readLog(_ url: URL, into draft: inout ArmDraft) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        let lines = try JSONLines.read(url) { reader in
            let fields = Fields(reader.object)
            return (
                String(reader.index),
                (loss: fields.number("loss"), norm: fields.number("norm_ba"), rank: fields.number("stable_rank"))
            )
        }
        let losses = lines.compactMap(\.loss)
        let last = losses.suffix(max(1, losses.count / 10))
        if !last.isEmpty { draft.record.finalLoss = last.reduce(0, +) / Double(last.count) }
        draft.record.normBA = lines.last { $0.norm != nil }?.norm
        draft.record.stableRank = lines.last { $0.rank != nil }?.rank
    }

    private static func object(_ data: Data) -> [String: Any]? {
        guard JSONLines.nestingDepth(data) <= 50 else { return nil }
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    }
}
