import Foundation

/// The linear maps that an adapter is put on, by the names that checkpoints give them, in the order of a layer.
public struct AdapterTargets: Hashable, Sendable {
    public var modules: [String]

    static let attention = ["q_proj", "k_proj", "v_proj", "o_proj"]
    static let mlp = ["gate_proj", "up_proj", "down_proj"]

    /// None for a word that names none.
    public init?(_ text: String) {
        var chosen: Set<String> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = word.trimmingCharacters(in: .whitespaces)
            switch name {
            case "mlp": chosen.formUnion(Self.mlp)
            case "attention": chosen.formUnion(Self.attention)
            case "all-linear": chosen.formUnion(Self.attention + Self.mlp)
            default:
                let full = (Self.attention + Self.mlp).first { $0 == name || $0 == name + "_proj" }
                guard let full else { return nil }
                chosen.insert(full)
            }
        }
        guard !chosen.isEmpty else { return nil }
        modules = (Self.attention + Self.mlp).filter(chosen.contains)
    }
}

/// Layers counted from 0: none stands for all.
public struct AdapterLayers: Hashable, Sendable {
    public var layers: [Int]?

    /// From `all`, or numbers and ranges like `3,5-8`; none for anything else.
    public init?(_ text: String) {
        if text == "all" {
            layers = nil
            return
        }
        var all: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                Int($0.trimmingCharacters(in: .whitespaces))
            }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 0,
                first <= last,
                last < 100_000
            else { return nil }
            all.formUnion(first...last)
        }
        layers = all.sorted()
    }
}
