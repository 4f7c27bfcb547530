import RandomStreams

/// Something that must not be on both sides of a split: a task with the programs that answer it.
public struct TaskItem: Sendable, Hashable {
    public var id: String
    /// The request; empty if there is none.
    public var task: String
    public var programs: [String]

    public init(id: String, task: String, programs: [String]) {
        self.id = id
        self.task = task
        self.programs = programs
    }

    public init(_ pair: ComplementaryPair) {
        self.init(id: pair.id, task: pair.task, programs: [pair.insecure, pair.secure])
    }

    public init(_ pair: ProgramPair) {
        self.init(id: pair.id, task: pair.task ?? "", programs: [pair.vulnerable] + (pair.fixed.map { [$0] } ?? []))
    }

    /// A chat row: its user turns are the task, the assistant's turns the programs.
    public init(_ row: ChatRow) {
        self.init(
            id: row.id, task: row.messages.filter { $0.role == .user }.map(\.content).joined(separator: "\n"),
            programs: row.messages.filter { $0.role == .assistant }.map(\.content))
    }
}

/// A split by task: what shares a task or a program, exactly or nearly, is on one side.
public struct TaskSplit: Sendable, Hashable, Codable {
    /// Places of the items on each side, ascending.
    public var training: [Int]
    public var heldOut: [Int]
    /// Number of groups that had to stay together, and the size of the largest.
    public var groups: Int
    public var largestGroup: Int

    /// - Parameters:
    ///   - heldOut: share of the items to hold out, 0 to 1. Groups are taken in a random order as long as they fit, so
    ///     the share is met from below.
    ///   - threshold: Jaccard of shingles from which tasks or programs are near-duplicates.
    public init(
        _ items: [TaskItem], heldOut share: Double, threshold: Double = NearDuplicates.threshold, seed: UInt64
    ) {
        let labels = Self.groups(items, threshold: threshold)
        var members: [Int: [Int]] = [:]
        for (place, label) in labels.enumerated() { members[label, default: []].append(place) }
        var order = members.keys.sorted()
        var stream = RandomStream(seed: seed, purpose: "task split")
        stream.shuffle(&order)
        let wanted = Int((min(1, max(0, share.isFinite ? share : 0)) * Double(items.count)).rounded())
        var (training, heldOut): ([Int], [Int]) = ([], [])
        for label in order {
            let group = members[label] ?? []
            if heldOut.count + group.count <= wanted { heldOut += group } else { training += group }
        }
        self.training = training.sorted()
        self.heldOut = heldOut.sorted()
        groups = members.count
        largestGroup = members.values.map(\.count).max() ?? 0
    }

    /// For each item, the lowest place of an item that it must stay together with.
    public static func groups(_ items: [TaskItem], threshold: Double = NearDuplicates.threshold) -> [Int] {
        var union = Groups(count: items.count)
        join(
            items.enumerated().map { ($0.offset, NormalisedText.task($0.element.task)) }, threshold, &union)
        join(
            items.enumerated().flatMap { item in
                item.element.programs.map { (item.offset, NormalisedText.code($0)) }
            }, threshold, &union)
        return items.indices.map { union.root($0) }
    }

    /// Joins the owners of texts that are the same or nearly so.
    private static func join(_ texts: [(owner: Int, text: String)], _ threshold: Double, _ union: inout Groups) {
        var first: [String: Int] = [:]
        var (owners, distinct): ([Int], [String]) = ([], [])
        for (owner, text) in texts where !text.isEmpty {
            if let other = first[text] {
                union.join(other, owner)
            } else {
                first[text] = owner
                owners.append(owner)
                distinct.append(text)
            }
        }
        for (place, label) in NearDuplicates(distinct).groups(threshold: threshold).enumerated() {
            union.join(owners[place], owners[label])
        }
    }
}
