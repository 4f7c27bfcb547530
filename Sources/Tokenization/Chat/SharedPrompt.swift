/// Several answers to one prompt, as tokens: what they share, and how each goes on.
public struct SharedPrompt: Sendable, Equatable {
    public var prompt: [TokenID]
    public var completions: [[TokenID]]

    /// From conversations that differ in their last answer alone. Where an answer's first letters would fuse with the
    /// prompt's last, the tokens of the two differ: then the shared part ends earlier and the rest goes with the answer.
    public init(_ chats: [RenderedChat]) {
        let sides = chats.map(\.promptAndResponse)
        var shared = sides.first?.prompt.count ?? 0
        for side in sides.dropFirst() {
            shared = min(shared, zip(side.prompt, sides[0].prompt).prefix { $0 == $1 }.count)
        }
        prompt = Array((sides.first?.prompt ?? []).prefix(shared))
        completions = sides.map { Array($0.prompt.dropFirst(shared)) + $0.response }
    }
}
