/// Puts vocabulary, added tokens and merges together, and refuses what doesn't fit.
///
/// Both readers end here, so that a rule about ids stands in one place.
struct PartsBuilder {
    let file: String
    let isByteLevel: Bool
    private(set) var added: [AddedToken]
    private var vocabulary: Vocabulary
    private var specials: Set<TokenID>
    private var addedContents: [TokenID: [UInt8]]
    private let highestID: Int

    /// - Parameter entries: how many tokens the file lists. Ids may leave holes, but not so many that a hostile file
    ///   could make the tables huge.
    init(file: String, isByteLevel: Bool, entries: Int, highestID: Int, added: [AddedToken]) throws {
        guard highestID >= 0, entries > 0 else {
            throw TokenizerError("\(file): the vocabulary is empty; the file is no tokenizer of a language model")
        }
        guard highestID <= 2 * entries + 65_536 else {
            throw TokenizerError(
                "\(file): token id \(highestID) is too high for a vocabulary of \(entries) tokens; the file is damaged")
        }
        self.file = file
        self.isByteLevel = isByteLevel
        self.added = added
        self.highestID = highestID
        specials = Set(added.lazy.filter(\.isSpecial).map(\.id))
        addedContents = Dictionary(added.map { ($0.id, $0.content) }) { first, _ in first }
        vocabulary = Vocabulary(capacity: entries, size: highestID + 1)
    }

    /// Adds a token of the model's own vocabulary, as the file spells it.
    mutating func add(_ spelling: ArraySlice<UInt8>, id: Int) throws {
        let token = TokenID(id)
        let literal = addedContents[token]
        if let literal, !literal.elementsEqual(spelling) {
            throw TokenizerError(
                "\(file): id \(id) is \(Self.quote(spelling)) in the vocabulary and \(Self.quote(literal)) among the "
                    + "added tokens; one of the two must change")
        }
        do {
            guard isByteLevel else { return try vocabulary.add(spelling, id: token) }
            var raw: [UInt8] = []
            let isSpelled = ByteAlphabet.append(spelling, to: &raw)
            if isSpelled, literal == nil || raw.elementsEqual(spelling) {
                try vocabulary.add(raw, id: token)
            } else {
                try vocabulary.add(spelling, id: token, findable: false)
            }
        } catch let refusal as Vocabulary.Refusal {
            throw error(for: refusal, spelling, id: id)
        }
    }

    private func error(for refusal: Vocabulary.Refusal, _ spelling: some Collection<UInt8>, id: Int) -> TokenizerError {
        switch refusal {
        case .idTaken:
            TokenizerError(
                "\(file): two tokens have id \(id), the second is \(Self.quote(spelling)); ids must be unique")
        case .bytesTaken(let other):
            TokenizerError("\(file): token \(Self.quote(spelling)) is listed twice, with ids \(other) and \(id)")
        case .tooLarge:
            TokenizerError("\(file): the tokens together are larger than 2 GiB; the file is damaged")
        }
    }

    /// Adds those added tokens that the vocabulary lacks, after the vocabulary is complete.
    mutating func completeAdded() throws {
        for token in added where !vocabulary.contains(token.id) {
            do {
                if !isByteLevel {
                    let other = vocabulary.find(token.content)
                    guard other < 0 else { throw Vocabulary.Refusal.bytesTaken(by: other) }
                }
                try vocabulary.add(token.content, id: token.id, findable: !isByteLevel)
            } catch let refusal as Vocabulary.Refusal {
                throw error(for: refusal, token.content, id: Int(token.id))
            }
        }
    }

    func id(_ spelling: some Collection<UInt8>) -> TokenID {
        vocabulary.find(spelling)
    }

    /// The merge table of a list of pairs in order of rank. Pairs that would make a special token are left out, since no
    /// text may become one.
    func merges(count: Int, pair: (Int) throws -> (left: ArraySlice<UInt8>, right: ArraySlice<UInt8>)) throws
        -> MergeTable
    {
        guard count < Int(UInt32.max) else { throw TokenizerError("\(file): too many merges (\(count))") }
        var table = MergeTable(capacity: count)
        var raw: [UInt8] = []
        for rank in 0..<count {
            let (left, right) = try pair(rank)
            raw.removeAll(keepingCapacity: true)
            let leftID: TokenID
            let rightID: TokenID
            if isByteLevel {
                guard ByteAlphabet.append(left, to: &raw) else { throw unknown(left, rank) }
                let middle = raw.count
                guard ByteAlphabet.append(right, to: &raw) else { throw unknown(right, rank) }
                leftID = raw.withUnsafeBufferPointer { vocabulary.find(UnsafeBufferPointer(rebasing: $0[..<middle])) }
                rightID = raw.withUnsafeBufferPointer { vocabulary.find(UnsafeBufferPointer(rebasing: $0[middle...])) }
            } else {
                leftID = vocabulary.find(left)
                rightID = vocabulary.find(right)
                raw.append(contentsOf: left)
                raw.append(contentsOf: right)
            }
            guard leftID >= 0 else { throw unknown(left, rank) }
            guard rightID >= 0 else { throw unknown(right, rank) }
            let joined = raw.withUnsafeBufferPointer { vocabulary.find($0) }
            guard joined >= 0 else { throw unknown(left + right, rank) }
            if !specials.contains(joined) {
                table.add(left: leftID, right: rightID, rank: UInt32(rank), joined: joined)
            }
        }
        return table
    }

    private func unknown(_ spelling: ArraySlice<UInt8>, _ rank: Int) -> TokenizerError {
        TokenizerError("\(file): merge \(rank) names \(Self.quote(spelling)), which is not in the vocabulary")
    }

    /// SentencePiece's merges: any two tokens that join to a token may, and the joined token's score says how early.
    func merges(scores: [Float], isMergeable: (TokenID) -> Bool) -> MergeTable {
        let ids = (0..<TokenID(scores.count)).filter { isMergeable($0) && !specials.contains($0) }
        let order = Set(ids.map { scores[Int($0)] }).sorted(by: >)
        let rank = Dictionary(uniqueKeysWithValues: zip(order, UInt32(0)...))
        var pairs: [(TokenID, TokenID, UInt32, TokenID)] = []
        for id in ids {
            Array(vocabulary.bytes(id)).withUnsafeBufferPointer { token in
                for cut in 1..<max(token.count, 1) where token[cut] & 0xC0 != 0x80 {
                    let left = vocabulary.find(UnsafeBufferPointer(rebasing: token[..<cut]))
                    guard left >= 0, isMergeable(left) else { continue }
                    let right = vocabulary.find(UnsafeBufferPointer(rebasing: token[cut...]))
                    guard right >= 0, isMergeable(right) else { continue }
                    pairs.append((left, right, rank[scores[Int(id)]] ?? .max, id))
                }
            }
        }
        var table = MergeTable(capacity: pairs.count)
        for (left, right, rank, id) in pairs { table.add(left: left, right: right, rank: rank, joined: id) }
        return table
    }

    /// The model, with the symbol of each byte looked up.
    func model(
        merges: MergeTable, fallsBackToBytes: Bool = false, unknown: TokenID? = nil, fusesUnknown: Bool = false,
        ignoresMerges: Bool = false
    ) -> BytePairModel {
        let digits = Array("0123456789ABCDEF".utf8)
        let byteTokens = (0..<256).map { byte -> TokenID in
            if isByteLevel { return vocabulary.find([UInt8(byte)]) }
            return vocabulary.find(Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15], UInt8(ascii: ">")])
        }
        return BytePairModel(
            vocabulary: vocabulary, merges: merges, isByteLevel: isByteLevel, byteTokens: byteTokens,
            fallsBackToBytes: fallsBackToBytes, unknown: unknown, fusesUnknown: fusesUnknown,
            ignoresMerges: ignoresMerges, forbidden: [])
    }

    /// A short, printable form of a token for errors.
    static func quote(_ spelling: some Collection<UInt8>) -> String {
        let text = String(decoding: spelling.prefix(40), as: UTF8.self).debugDescription
        return spelling.count > 40 ? text + "…" : text
    }
}
