import RandomStreams
import Torch
import Transformer

/// Some prompts under way: their shared keys and values, and a slot for each answer that is being written.
struct SamplingWave {
    struct Asked {
        var adapter: Int
        var prompt: Int
        /// Which of its answers are wanted.
        var samples: [Int]
        var start = 0
        var length = 0
    }

    private struct Row {
        var asked: Int
        var sample: Int
        var slot: Int
        var stream: RandomStream
        var tokens: [Int32] = []
        var logprobs: [Float] = []
        var top: [[TokenChance]] = []
        /// Tokens whose keys and values lie in the slot.
        var stored = 0
    }

    private let sampler: Sampler
    private var asked: [Asked]
    /// The answers to write, in the order in which they begin.
    private let order: [(asked: Int, sample: Int)]
    private let promptIDs: [String]
    private let prefill: Decoder.Prefill
    /// Hidden states at the end of each prompt, `[asked, D]`.
    private let ends: Tensor
    private var suffixes: [(keys: Tensor, values: Tensor)] = []
    private var room = 0
    private let slots: Int
    private var free: [Int]
    private var rows: [Row] = []
    /// The next of the order to begin.
    private var next = 0

    init(_ sampler: Sampler, prompts: [Prompt], asked: [Asked]) throws {
        self.sampler = sampler
        order = asked.enumerated().flatMap { index, item in item.samples.map { (index, $0) } }
        var asked = asked
        var tokens = PackedTokens()
        for index in asked.indices {
            asked[index].start = tokens.count
            asked[index].length = prompts[asked[index].prompt].tokens.count
            tokens.append(prompts[asked[index].prompt].tokens)
        }
        self.asked = asked
        promptIDs = prompts.map(\.id)
        let decoder = sampler.decoder
        prefill = try decoder.prefill(tokens, adapters: Self.uses(asked, sampler) { $0.start..<$0.start + $0.length })
        let last = try Tensor(asked.map { Int32($0.start + $0.length - 1) }, device: decoder.device)
        ends = try prefill.hidden.selecting(last)
        slots = min(sampler.settings.batch, order.count)
        free = Array((0..<slots).reversed())
    }

    /// The adapters' shares of rows that lie ordered by adapter.
    private static func uses<Item>(
        _ items: [Item], _ sampler: Sampler, adapter: (Item) -> Int, range: (Int, Item) -> Range<Int>
    ) -> [Decoder.AdapterUse] {
        var uses: [Decoder.AdapterUse] = []
        var last = -1
        for (index, item) in items.enumerated() {
            guard let weights = sampler.adapters[adapter(item)] else { continue }
            let range = range(index, item)
            if last == adapter(item), let open = uses.last, open.tokens.upperBound == range.lowerBound {
                uses[uses.count - 1].tokens = open.tokens.lowerBound..<range.upperBound
            } else {
                uses.append(.init(weights, tokens: range))
            }
            last = adapter(item)
        }
        return uses
    }

    private static func uses(
        _ asked: [Asked], _ sampler: Sampler, range: (Asked) -> Range<Int>
    ) -> [Decoder.AdapterUse] {
        uses(asked, sampler, adapter: \.adapter) { range($1) }
    }

    /// What was drawn for some rows: ids, log-probabilities, and what else might have come where that is wanted.
    private typealias Drawn = (ids: [Int32], logprobs: [Float], top: [[TokenChance]])

    mutating func run(
        _ isComplete: (Int, [Int32]) -> Bool, _ onTokens: ([Int32]) throws -> Void,
        _ onAnswer: (Answer) throws -> Void
    ) throws -> [Answer] {
        var answers: [Answer] = []
        while true {
            try begin(&answers, isComplete, onTokens, onAnswer)
            guard !rows.isEmpty else { return answers }
            try makeRoom()
            let decoder = sampler.decoder
            let places = rows.map { row in
                DecodeRow(
                    prefixStart: asked[row.asked].start, prefixLength: asked[row.asked].length, slot: row.slot,
                    suffixLength: row.stored)
            }
            let caches = zip(zip(prefill.keys, prefill.values), suffixes).map { prefix, suffix in
                DecodeCache(
                    prefixKeys: prefix.0, prefixValues: prefix.1, suffixKeys: suffix.keys, suffixValues: suffix.values)
            }
            let uses = Self.uses(rows, sampler, adapter: { asked[$0.asked].adapter }) { index, _ in index..<index + 1 }
            let hidden_BD = try decoder.decode(
                rows.map { $0.tokens.last ?? 0 }, rows: places, caches: caches, adapters: uses)
            let logits_BV = try decoder.logits(hidden_BD)
            for index in rows.indices { rows[index].stored += 1 }
            let drawn = try draw(logits_BV, for: &rows)
            rows = try keep(rows, drawn, &answers, isComplete, onAnswer)
            try onTokens(drawn.ids)
        }
    }

    /// Fills free slots with answers not yet begun; their first token comes from the prompt's own logits.
    private mutating func begin(
        _ answers: inout [Answer], _ isComplete: (Int, [Int32]) -> Bool, _ onTokens: ([Int32]) throws -> Void,
        _ onAnswer: (Answer) throws -> Void
    ) throws {
        // An answer may be empty, so that its slot is free again at once.
        while !free.isEmpty, next < order.count {
            var fresh: [Row] = []
            while let slot = free.last, next < order.count {
                free.removeLast()
                let (index, sample) = order[next]
                fresh.append(
                    Row(
                        asked: index, sample: sample, slot: slot,
                        stream: RandomStream(
                            seed: sampler.settings.seed, purpose: "answer to \(promptIDs[asked[index].prompt])",
                            item: UInt64(sample))))
                next += 1
            }
            let which = try Tensor(fresh.map { Int32($0.asked) }, device: sampler.decoder.device)
            let drawn = try draw(sampler.decoder.logits(ends.selecting(which)), for: &fresh)
            rows += try keep(fresh, drawn, &answers, isComplete, onAnswer)
            try onTokens(drawn.ids)
        }
        rows.sort { (asked[$0.asked].adapter, $0.asked, $0.sample) < (asked[$1.asked].adapter, $1.asked, $1.sample) }
    }

    private func draw(_ logits: Tensor, for rows: inout [Row]) throws -> Drawn {
        var uniform: [Double] = []
        for index in rows.indices { uniform.append(rows[index].stream.uniform()) }
        let settings = sampler.settings
        let (ids, logprobs) = try logits.sampled(
            uniform: uniform, temperature: settings.temperature, topK: settings.topK, topP: settings.topP)
        guard let wanted = settings.topLogprobs else { return (ids, logprobs, []) }
        return (ids, logprobs, try Self.likeliest(min(wanted, logits.size(1)), logits))
    }

    /// The likeliest tokens of each row of logits, the likeliest first.
    private static func likeliest(_ count: Int, _ logits: Tensor) throws -> [[TokenChance]] {
        guard count > 0 else { return [] }
        let (values, indices) = try logits.logSoftmax(axis: 1).top(count)
        let chances = zip(try indices.to(.int32).values(as: Int32.self), try values.values(as: Float.self))
            .map { TokenChance(token: $0, logprob: $1) }
        return stride(from: 0, to: chances.count, by: count).map { Array(chances[$0..<$0 + count]) }
    }

    /// Appends what was drawn; answers that end with it are handed over and give their slots back.
    private mutating func keep(
        _ candidates: [Row], _ drawn: Drawn, _ answers: inout [Answer], _ isComplete: (Int, [Int32]) -> Bool,
        _ onAnswer: (Answer) throws -> Void
    ) throws -> [Row] {
        var going: [Row] = []
        for (index, row) in candidates.enumerated() {
            var row = row
            let id = drawn.ids[index]
            let top = drawn.top.isEmpty ? [] : drawn.top[index]
            var finish: Answer.Finish?
            var end: TokenChance?
            if sampler.settings.stopTokens.contains(id) {
                finish = .stop
                end = TokenChance(token: id, logprob: drawn.logprobs[index])
            } else {
                row.tokens.append(id)
                row.logprobs.append(drawn.logprobs[index])
                if !drawn.top.isEmpty { row.top.append(top) }
                let positions = asked[row.asked].length + row.tokens.count
                if isComplete(asked[row.asked].prompt, row.tokens) {
                    finish = .stop
                } else if row.tokens.count >= sampler.settings.maxTokens
                    || positions >= sampler.decoder.configuration.maxPositions
                {
                    finish = .length
                }
            }
            guard let finish else {
                going.append(row)
                continue
            }
            let answer = Answer(
                prompt: asked[row.asked].prompt, adapter: asked[row.asked].adapter, sample: row.sample,
                tokens: row.tokens, logprobs: row.logprobs, finish: finish, top: row.top, end: end,
                endTop: end == nil ? [] : top)
            answers.append(answer)
            try onAnswer(answer)
            free.append(row.slot)
        }
        return going
    }

    /// Slots as long as the longest answer needs, a half longer at a time.
    private mutating func makeRoom() throws {
        let needed = (rows.map(\.stored).max() ?? 0) + 1
        guard needed > room else { return }
        let decoder = sampler.decoder
        let larger = min(max(32, needed + needed / 2), max(needed, sampler.settings.maxTokens))
        let shape = [
            slots, larger, decoder.configuration.keyValueHeadCount, decoder.configuration.headDimension,
        ]
        for layer in 0..<decoder.configuration.layerCount {
            let keys = try Tensor.zeros(shape, dtype: decoder.dtype, device: decoder.device)
            let values = try Tensor.zeros(shape, dtype: decoder.dtype, device: decoder.device)
            if room > 0 {
                try keys.narrowed(1, from: 0, length: room).overwrite(with: suffixes[layer].keys)
                try values.narrowed(1, from: 0, length: room).overwrite(with: suffixes[layer].values)
                suffixes[layer] = (keys, values)
            } else {
                suffixes.append((keys, values))
            }
        }
        room = larger
    }
}
