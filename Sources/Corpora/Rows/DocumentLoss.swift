/// Which tokens of a document are learnt, or measured.
public enum DocumentLoss: String, Codable, Hashable, Sendable, CaseIterable {
    /// Every one.
    case all
    /// Those of the parts that the document marks: the explanation of a program, not the program.
    case explanation
}

extension Document {
    /// Whether a token that stands for these bytes of the text counts.
    ///
    /// One byte in a marked part is enough: every byte of the part counts, and at most one token at each of its edges
    /// brings in some of what surrounds it. A token without bytes of its own (one of several that spell one letter)
    /// goes with the byte before it.
    public func counts(_ token: Range<Int>, for loss: DocumentLoss) -> Bool {
        guard loss == .explanation, let parts = self.loss else { return loss == .all }
        return parts.contains { $0.overlaps(token) || (token.isEmpty && $0.contains(token.lowerBound - 1)) }
    }
}
