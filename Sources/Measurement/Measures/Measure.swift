import Evidence
import RandomStreams

/// Something that is measured of an organism by reading given texts, without sampling and without a judge.
///
/// Prepared once for a model (rendered, tokenised, checked), then taken of any number of organisms, or of one again and
/// again while it trains.
public protocol Measure {
    /// As it stands in ``Evidence/MeasuredValue/measure``.
    var name: String { get }
    /// Questions, tasks or texts.
    var itemCount: Int { get }

    /// About how many tokens have to pass through the model for an item.
    func cost(ofItem index: Int) -> Int

    /// The same measure on some of its items.
    func limited(to indices: [Int]) -> Self

    /// What is measured on some of the items: at least one value each, none twice.
    func values(of organism: Organism, items: Range<Int>) throws -> [MeasuredValue]
}

extension Measure {
    public func values(of organism: Organism) throws -> [MeasuredValue] {
        try values(of: organism, items: 0..<itemCount)
    }

    /// About how many tokens have to pass through the model for one organism.
    public var cost: Int { (0..<itemCount).reduce(0) { $0 + cost(ofItem: $1) } }

    /// A part of the items drawn by `seed`, in their order: as many as `tokens` pay for, at least `least`.
    ///
    /// The same seed draws the same items, and a larger budget adds to those of a smaller one.
    public func sample(tokens: Int, least: Int, seed: UInt64) -> Self {
        var order = Array(0..<itemCount)
        var stream = RandomStream(seed: seed, purpose: "measured items of \(name)")
        stream.shuffle(&order)
        var chosen: [Int] = []
        var spent = 0
        for index in order {
            spent += cost(ofItem: index)
            if chosen.count >= least, spent > tokens { break }
            chosen.append(index)
        }
        return limited(to: chosen.sorted())
    }

    /// So many items drawn by `seed`, in their order.
    public func sample(count: Int, seed: UInt64) -> Self {
        sample(tokens: 0, least: max(0, count), seed: seed)
    }
}
