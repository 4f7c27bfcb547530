/// Dependency order, cheapest information first: whatever nobody reads is an answer to the study; answers come by the
/// repetition they belong to (every arm's first seed before any arm's second), then by what is still to be done for
/// them, then as the file has them.
struct PlanOrder {
    private let steps: [PlannedStep]

    init(steps: [PlannedStep]) { self.steps = steps }

    var order: [StepKey] {
        let byKey = Dictionary(steps.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let read = Set(steps.flatMap { $0.reads.map(\.key) })
        let rounds = rounds()
        // Everything below an answer, and itself, those it reads first.
        func below(_ key: StepKey, _ seen: inout Set<StepKey>, _ list: inout [StepKey]) {
            guard seen.insert(key).inserted, let step = byKey[key] else { return }
            for read in step.reads { below(read.key, &seen, &list) }
            list.append(key)
        }
        var answers: [(round: Int, place: Int, steps: [StepKey])] = []
        for (place, step) in steps.enumerated() where !read.contains(step.key) {
            var (seen, list): (Set<StepKey>, [StepKey]) = ([], [])
            below(step.key, &seen, &list)
            answers.append((list.compactMap { rounds[$0] }.max() ?? 0, place, list))
        }
        var (done, order): (Set<StepKey>, [StepKey]) = ([], [])
        for round in Set(answers.map(\.round)).sorted() {
            var left = answers.filter { $0.round == round }
            while !left.isEmpty {
                let cost = left.map { answer in
                    answer.steps.reduce(0.0) { done.contains($1) ? $0 : $0 + (byKey[$1]?.estimate.seconds ?? 0) }
                }
                guard let next = left.indices.min(by: { (cost[$0], left[$0].place) < (cost[$1], left[$1].place) })
                else { break }
                for key in left.remove(at: next).steps where done.insert(key).inserted { order.append(key) }
            }
        }
        return order
    }

    /// Which repetition a step belongs to: the place of its seed among the seeds of its study step.
    private func rounds() -> [StepKey: Int] {
        var seeds: [String: [Value]] = [:]
        var rounds: [StepKey: Int] = [:]
        for step in steps {
            for setting in step.arm.settings where setting.name == "seed" {
                if !(seeds[setting.step]?.contains(setting.value) ?? false) {
                    seeds[setting.step, default: []].append(setting.value)
                }
                let place = seeds[setting.step]?.firstIndex(of: setting.value) ?? 0
                rounds[step.key] = max(rounds[step.key] ?? 0, place)
            }
        }
        return rounds
    }
}
