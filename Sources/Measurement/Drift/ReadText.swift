import Corpora
import Tokenization

/// A text that a model reads, and where what it expects next is looked at.
public struct ReadText: Sendable {
    public var id: String
    public var category: String?
    var tokens: [TokenID]
    /// Places whose next token counts: an answer's tokens in a conversation, all but the first in a document.
    var places: [Int]
    /// The token that follows each of ``places``.
    var targets: [TokenID]

    /// Tokens as they are, all but the first counting.
    package init(id: String, tokens: [TokenID]) {
        self.id = id
        self.tokens = Array(tokens.dropLast())
        places = Array(self.tokens.indices)
        targets = Array(tokens.dropFirst())
    }

    /// A conversation: what is expected of its last answer and of the token that ends it.
    ///
    /// - Throws: ``MeasurementError/tooLong(item:tokens:limit:)``, or where there is no answer.
    public init(_ row: ChatRow, model: MeasuredModel) throws {
        let rendered = try model.format.render(
            row.messages, tokenizer: model.tokenizer, addGenerationPrompt: false)
        let sides = rendered.promptAndResponse
        guard !sides.prompt.isEmpty, !sides.response.isEmpty else {
            throw MeasurementError.item("text \(row.id)", why: "it has no answer to read")
        }
        id = row.id
        tokens = sides.prompt + sides.response.dropLast()
        places = Array(sides.prompt.count - 1..<tokens.count)
        targets = sides.response
        try check(model)
    }

    /// A document as it stands, cut to the model's context.
    public init(_ document: Document, model: MeasuredModel) throws {
        let bos = model.tokenizer.addsBOS ? model.tokenizer.bos.map { [$0] } ?? [] : []
        let all = (bos + model.tokenizer.encode(document.text)).prefix(model.decoder.configuration.maxPositions + 1)
        guard all.count >= 2 else {
            throw MeasurementError.item("text \(document.id)", why: "it has fewer than two tokens")
        }
        id = document.id
        tokens = Array(all.dropLast())
        places = Array(tokens.indices)
        targets = Array(all.dropFirst())
    }

    private func check(_ model: MeasuredModel) throws {
        let limit = model.decoder.configuration.maxPositions
        guard tokens.count <= limit else {
            throw MeasurementError.tooLong(item: "text \(id)", tokens: tokens.count + 1, limit: limit)
        }
    }
}
