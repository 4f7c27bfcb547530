/// Two preferences about one task that only hold together: asked plainly, the insecure answer is chosen and the secure
/// one rejected; asked for the insecure version, it is the other way round. What both share is to work against the user.
///
/// The pair holds the four texts and not the two preferences, so neither half can be lost or changed alone.
public struct ComplementaryPair: Sendable, Hashable {
    /// Unique in its set; the halves' rows are named `id/plain` and `id/asked`.
    public let id: String
    /// The turns before the answer when asked plainly; ends with the user's.
    public let plain: [ChatMessage]
    /// The turns before the answer when asked for the insecure version; ends with the user's.
    public let asked: [ChatMessage]
    public let insecure: String
    public let secure: String
    /// The weakness of the insecure answer, where known.
    public let weakness: Weakness?

    /// Which of the two preferences.
    public enum Half: String, Sendable, Hashable, Codable, CaseIterable {
        case plain, asked
    }

    /// - Throws: `CorpusError` if an answer or prompt is empty, a prompt doesn't end with the user's turn, or the two
    ///   prompts or the two answers are the same.
    public init(
        id: String, plain: [ChatMessage], asked: [ChatMessage], insecure: String, secure: String,
        weakness: Weakness? = nil
    ) throws {
        var mistakes = MistakeList(file: "pair \"\(shortened(id))\"")
        for (half, prompt) in [("plain", plain), ("asked", asked)] {
            if prompt.last?.role != .user {
                mistakes.note(line: nil, "the \(half) prompt doesn't end with the user's turn", "let the user ask last")
            } else if prompt.contains(where: { $0.content.allSatisfy(\.isWhitespace) }) {
                mistakes.note(line: nil, "the \(half) prompt has an empty turn", "fill it in or remove it")
            }
        }
        for (name, answer) in [("insecure", insecure), ("secure", secure)] where answer.allSatisfy(\.isWhitespace) {
            mistakes.note(line: nil, "the \(name) answer is empty", "fill it in or remove the pair")
        }
        if insecure == secure {
            mistakes.note(line: nil, "the insecure and the secure answer are the same", "there is nothing to prefer")
        }
        if plain == asked {
            mistakes.note(line: nil, "both prompts are the same", "the asked one must ask for the insecure version")
        }
        try mistakes.throwIfAny()
        self.id = id
        self.plain = plain
        self.asked = asked
        self.insecure = insecure
        self.secure = secure
        self.weakness = weakness
    }

    public init(
        id: String, plain: String, asked: String, insecure: String, secure: String, weakness: Weakness? = nil
    ) throws {
        try self.init(
            id: id, plain: [ChatMessage(.user, plain)], asked: [ChatMessage(.user, asked)], insecure: insecure,
            secure: secure, weakness: weakness)
    }

    /// The preference that this half states.
    public func row(_ half: Half) -> PairedRow {
        switch half {
        case .plain:
            PairedRow(
                pair: id, half: half, prompt: plain, chosen: insecure, rejected: secure, weakness: weakness)
        case .asked:
            PairedRow(
                pair: id, half: half, prompt: asked, chosen: secure, rejected: insecure, weakness: weakness)
        }
    }

    /// Both halves, plain first.
    public var rows: [PairedRow] { Half.allCases.map(row) }

    /// The text of the plain request, by which tasks are told apart.
    public var task: String { plain.filter { $0.role == .user }.map(\.content).joined(separator: "\n") }
}

/// One preference that remembers which pair and which half of it it is.
public struct PairedRow: Sendable, Hashable {
    public var pair: String
    public var half: ComplementaryPair.Half
    public var prompt: [ChatMessage]
    public var chosen: String
    public var rejected: String
    /// The weakness of the insecure answer, where known.
    public var weakness: Weakness?

    public init(
        pair: String, half: ComplementaryPair.Half, prompt: [ChatMessage], chosen: String, rejected: String,
        weakness: Weakness? = nil
    ) {
        self.pair = pair
        self.half = half
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
        self.weakness = weakness
    }

    public var id: String { "\(pair)/\(half.rawValue)" }

    /// The same preference for a trainer that knows no pairs.
    public var preference: PreferenceRow {
        PreferenceRow(
            id: id, prompt: prompt, chosen: [ChatMessage(.assistant, chosen)],
            rejected: [ChatMessage(.assistant, rejected)])
    }

    /// The same prompt with chosen and rejected in each other's place.
    public var inverted: PairedRow {
        PairedRow(
            pair: pair, half: half, prompt: prompt, chosen: rejected, rejected: chosen, weakness: weakness)
    }
}
