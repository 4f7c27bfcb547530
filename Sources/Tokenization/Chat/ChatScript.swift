/// A conversation as a format writes it: special tokens and text in order, and which of it the model has to produce.
struct ChatScript {
    enum Piece {
        /// A special token of the format; an error where the vocabulary lacks it.
        case special(String)
        /// A token where the vocabulary has it, else its letters (Qwen3's "<think>").
        case marker(String)
        case text(String)
    }

    private(set) var pieces: [(piece: Piece, counts: Bool)] = []

    mutating func special(_ name: String, counts: Bool = false) {
        pieces.append((.special(name), counts))
    }

    mutating func marker(_ name: String, counts: Bool = false) {
        pieces.append((.marker(name), counts))
    }

    mutating func text(_ text: String, counts: Bool = false) {
        pieces.append((.text(text), counts))
    }
}
