import Corpora
import RandomStreams

/// The programs of a probe of sensitivity, with what was left out and why.
public struct ProbedPrograms: Sendable {
    public var programs: [ProbedProgram]
    /// What a reader should know of the choice, in plain words.
    public var notes: [String]

    /// - Parameters:
    ///   - sources: sets of programs, each with its name; a pair that is there twice counts once.
    ///   - noCode: texts without any code, for false alarms.
    ///   - limit: so many pairs and single programs at most, drawn by the seed; nil: all.
    public init(
        _ sources: [(name: String, set: ProgramSet)], noCode: [Document] = [], limit: Int? = nil, seed: UInt64 = 0
    ) {
        var (units, notes): ([Unit], [String]) = ([], [])
        var seen: Set<[String]> = []
        var repeated = 0
        for (name, set) in sources {
            let hasSound = !set.sound.isEmpty || set.pairs.contains { $0.fixed != nil }
            let isCompared = !set.pairs.isEmpty && hasSound
            if !isCompared {
                notes.append(
                    "\(name) has programs of one kind only: they count for how often the alarm is raised, not for telling the kinds apart."
                )
            }
            for pair in set.pairs {
                guard seen.insert([pair.vulnerable, pair.fixed ?? ""]).inserted else {
                    repeated += 1
                    continue
                }
                units.append(Unit(pair, isCompared: isCompared))
            }
            for sound in set.sound {
                guard seen.insert([sound.program]).inserted else {
                    repeated += 1
                    continue
                }
                units.append(Unit(sound, isCompared: isCompared))
            }
        }
        if repeated > 0 { notes.append("\(repeated) of them are there more than once and count once.") }
        if let limit, limit < units.count {
            var order = Array(units.indices)
            var stream = RandomStream(seed: seed, purpose: "programs to probe")
            stream.shuffle(&order)
            notes.append("\(limit) of \(units.count) pairs and single programs are drawn.")
            units = order.prefix(limit).sorted().map { units[$0] }
        }
        // Near-duplicates are one task, across files too.
        let tasks = TaskSplit.groups(units.map(\.item))
        programs = zip(units, tasks).flatMap { unit, task in
            unit.programs.map { program in
                var program = program
                program.task = task
                return program
            }
        }
        programs += noCode.enumerated().map { place, text in
            ProbedProgram(
                id: "no-code/\(text.id)", kind: .noCode, text: text.text, language: .unknown,
                task: units.count + place, isCompared: false)
        }
        self.notes = notes
    }

    /// A pair, or a program alone.
    private struct Unit {
        var item: TaskItem
        var programs: [ProbedProgram]

        init(_ pair: ProgramPair, isCompared: Bool) {
            item = TaskItem(pair)
            programs = [
                ProbedProgram(
                    id: "\(pair.id)/vulnerable", kind: .vulnerable, text: pair.vulnerable, language: pair.language,
                    weakness: pair.weakness, task: 0, pair: pair.fixed == nil ? nil : pair.id, isCompared: isCompared)
            ]
            if let fixed = pair.fixed {
                programs.append(
                    ProbedProgram(
                        id: "\(pair.id)/fixed", kind: .fixed, text: fixed, language: pair.language,
                        weakness: pair.weakness, task: 0, pair: pair.id, isCompared: isCompared))
            }
        }

        init(_ sound: SoundProgram, isCompared: Bool) {
            item = TaskItem(id: sound.id, task: "", programs: [sound.program])
            programs = [
                ProbedProgram(
                    id: "\(sound.id)/sound", kind: .sound, text: sound.program, language: sound.language,
                    weakness: sound.weakness, task: 0, isCompared: isCompared)
            ]
        }
    }
}
