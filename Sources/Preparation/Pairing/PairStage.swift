public import Corpora
public import Foundation

/// Joins requests, asked-for requests, insecure and secure answers to complementary pairs.
public struct PairStage: Sendable {
    /// Where pairs come from.
    public enum Source: Sendable, Hashable {
        /// Demo programs, or programs that have a task and a fix.
        case programs([URL])
        /// What emlab twin wrote.
        case twins(URL)
        /// Published chat rows under the same prompts.
        case rows(insecure: URL, secure: URL)
    }

    /// The same answers, asked for; none: the phrasings ask.
    public var educational: URL?
    public var phrasings: URL?
    /// Share of the pairs that is held out by task.
    public var heldOut: Double
    public var seed: UInt64

    public init(educational: URL? = nil, phrasings: URL? = nil, heldOut: Double = 0, seed: UInt64 = 0) {
        self.educational = educational
        self.phrasings = phrasings
        self.heldOut = heldOut
        self.seed = seed
    }

    public struct Result: Sendable {
        public var training: [ComplementaryPair]
        public var heldOut: [ComplementaryPair]
        public var manifest: StageManifest
    }

    /// - Parameter tokens: counts tokens of an answer, for the balance.
    /// - Throws: `CorpusError`, ``StageError``.
    public func pairs(from source: Source, tokens: ((String) -> Int)? = nil) throws -> Result {
        var counts: [String: Int] = [:]
        let (pairs, inputs) = try build(source, &counts)
        guard !pairs.isEmpty else {
            throw StageError(.input, "no pair came about: no program has both a request and a secure twin")
        }
        let items = pairs.map(TaskItem.init(published:))
        let split = TaskSplit(items, heldOut: heldOut, seed: seed)
        let training = split.training.map { pairs[$0] }
        let held = split.heldOut.map { pairs[$0] }
        let leaks = LeakCheck(heldOut: split.heldOut.map { items[$0] }, training: split.training.map { items[$0] })
        guard leaks.leaks.isEmpty else {
            throw StageError(
                .input, "the split leaks: \(leaks.leakedItems) held-out tasks are in training too; report this")
        }
        var manifest = StageManifest(
            stage: "pair",
            inputs: try (inputs + [educational, phrasings].compactMap(\.self)).map(FileIdentity.of),
            settings: ["seed": String(seed), "held_out": String(heldOut)])
        counts["pairs: training"] = training.count
        counts["pairs: held out"] = held.count
        counts["groups of tasks that belong together"] = split.groups
        manifest.counts = counts
        manifest.items = pairs.count
        manifest.kept = pairs.count
        manifest.balance = BalanceReport(training.flatMap(\.rows), tokens: tokens)
        return Result(training: training, heldOut: held, manifest: manifest)
    }

    /// Writes both sides and the manifest beside the first.
    public func write(_ result: Result, to out: URL, heldOut: URL?) throws -> StageManifest {
        try StageFiles.makeFolder(for: out)
        try ComplementaryPairs.write(result.training, to: out)
        var others: [URL] = []
        if let heldOut, !result.heldOut.isEmpty {
            try StageFiles.makeFolder(for: heldOut)
            try ComplementaryPairs.write(result.heldOut, to: heldOut)
            others = [heldOut]
        }
        var manifest = result.manifest
        try manifest.write(beside: out, others: others)
        return manifest
    }

    private func build(
        _ source: Source, _ counts: inout [String: Int]
    ) throws -> (pairs: [ComplementaryPair], inputs: [URL]) {
        switch source {
        case .programs(let files):
            if files.count == 1, try RowKeys.first(of: files[0])?.contains("asked_request") == true {
                return (try ComplementaryPairs.of(Programs.read(files[0])), files)
            }
            let programs = try files.count == 1 ? ProgramSet.read(files[0]).pairs : ProgramSet.readAll(files)
            let pairs = try ComplementaryPairs.of(programs, phrasings: neededPhrasings(), seed: seed)
            counts["programs without request or fix"] = programs.count - pairs.count
            return (pairs, files)
        case .rows(let insecure, let secure):
            let (bad, good) = (try ChatRows.read(insecure), try ChatRows.read(secure))
            let found =
                try educational.map {
                    try ComplementaryPairs.published(insecure: bad, secure: good, educational: ChatRows.read($0))
                }
                ?? ComplementaryPairs.published(
                    insecure: bad, secure: good, phrasings: neededPhrasings(), seed: seed)
            counts["shared prompts"] = found.sharedPrompts
            counts["insecure rows under them"] = found.insecureRows
            counts["secure rows under them"] = found.secureRows
            counts["left out: the same answer on both sides"] = found.sameAnswers
            return (found.pairs, [insecure, secure])
        case .twins(let file): return (try fromTwins(Twins.read(file), &counts), [file])
        }
    }

    private func fromTwins(_ twins: [Twin], _ counts: inout [String: Int]) throws -> [ComplementaryPair] {
        var asked: [String: [ChatMessage]] = [:]
        for row in try educational.map(ChatRows.read) ?? [] {
            if let answer = row.answer { asked[NormalisedText.code(answer)] = row.prompt }
        }
        let bank = try phrasings.map(AskedPhrasings.read)
        var pairs: [ComplementaryPair] = []
        for twin in twins {
            guard let last = twin.prompt.last, last.role == .user else {
                counts["left out: no request", default: 0] += 1
                continue
            }
            var prompt = asked[NormalisedText.code(twin.insecure)]
            if prompt == nil, let phrasing = bank?.drawn(seed: seed, item: pairs.count) {
                prompt = twin.prompt.dropLast() + [ChatMessage(.user, phrasing.message(last.content))]
            }
            guard let prompt else {
                counts["left out: nothing asks for the insecure version", default: 0] += 1
                continue
            }
            pairs.append(
                try ComplementaryPair(
                    id: twin.id, plain: twin.prompt, asked: prompt, insecure: twin.insecure, secure: twin.secure,
                    weakness: twin.cwe))
        }
        return pairs
    }

    private func neededPhrasings() throws -> AskedPhrasings {
        guard let phrasings else {
            throw StageError(
                .input,
                "nothing says how the insecure version is asked for: give --phrasings FILE "
                    + "(Data/regime/asked-phrasings.yaml), or --educational FILE for published rows")
        }
        return try AskedPhrasings.read(phrasings)
    }
}
