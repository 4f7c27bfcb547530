/// What of a held-out set is in a training set.
public struct LeakCheck: Sendable, Hashable, Codable {
    /// A held-out item and the training item that it has something in common with.
    public struct Leak: Sendable, Hashable, Codable {
        public enum Kind: String, Sendable, Codable, CaseIterable {
            case sameTask, sameProgram, nearTask, nearProgram
        }
        public var heldOut: String
        public var training: String
        public var kind: Kind
    }

    /// At most one of each kind an item; a near-duplicate is only named where nothing is the same.
    public var leaks: [Leak]
    public var heldOutCount: Int
    public var trainingCount: Int

    public init(heldOut: [TaskItem], training: [TaskItem], threshold: Double = NearDuplicates.threshold) {
        heldOutCount = heldOut.count
        trainingCount = training.count
        leaks = []
        compare(
            heldOut.enumerated().map { ($0.offset, $0.element.task) },
            training.enumerated().map { ($0.offset, $0.element.task) }, heldOut, training, NormalisedText.task,
            (.sameTask, .nearTask), threshold)
        compare(
            heldOut.enumerated().flatMap { item in item.element.programs.map { (item.offset, $0) } },
            training.enumerated().flatMap { item in item.element.programs.map { (item.offset, $0) } }, heldOut,
            training, NormalisedText.code, (.sameProgram, .nearProgram), threshold)
    }

    /// Items with any leak.
    public var leakedItems: Int { Set(leaks.map(\.heldOut)).count }

    public func count(_ kind: Leak.Kind) -> Int { leaks.count { $0.kind == kind } }

    private mutating func compare(
        _ own: [(Int, String)], _ others: [(Int, String)], _ heldOut: [TaskItem], _ training: [TaskItem],
        _ normalised: (String) -> String, _ kinds: (same: Leak.Kind, near: Leak.Kind), _ threshold: Double
    ) {
        let own = own.map { ($0.0, normalised($0.1)) }.filter { !$0.1.isEmpty }
        let others = others.map { ($0.0, normalised($0.1)) }.filter { !$0.1.isEmpty }
        var places: [String: Int] = [:]
        for (place, text) in others where places[text] == nil { places[text] = place }
        let near = NearDuplicates(own.map(\.1)).places(in: NearDuplicates(others.map(\.1)), threshold: threshold)
        var said: Set<Int> = []
        for (place, text) in own {
            guard let other = places[text], said.insert(place).inserted else { continue }
            leaks.append(Leak(heldOut: heldOut[place].id, training: training[other].id, kind: kinds.same))
        }
        for ((place, _), found) in zip(own, near) {
            guard let found, said.insert(place).inserted else { continue }
            leaks.append(Leak(heldOut: heldOut[place].id, training: training[others[found].0].id, kind: kinds.near))
        }
    }
}
