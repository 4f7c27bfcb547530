public import Evidence
import Foundation
public import Weighing

/// What a store has found out about a study's claims, as far as its steps are done.
public struct StudyEvidence: Sendable {
    public let plan: Plan
    public let store: Store

    public init(_ plan: Plan, store: Store) {
        self.plan = plan
        self.store = store
    }

    /// Where ``write(_:)`` puts it.
    public var file: URL {
        let name = plan.study.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }
        return store.folder.appending(path: "evidence").appending(path: String(name) + ".json")
    }

    /// Weighs what the steps that are done have judged and measured.
    ///
    /// - Parameters:
    ///   - judge: the endpoint, by the study's name, whose judgements count; nil: that of the first judge step.
    ///   - draws: of the bootstrap.
    /// - Returns: nil where nothing has been judged or measured yet.
    /// - Throws: errors of files that can't be read, ``WeighingError`` for a claim that can't be.
    public func weigh(
        judge: String? = nil, inDomain: Set<String> = [], level: Double = 0.95, draws: Int = 2000, seed: UInt64 = 0
    ) throws -> WeighedEvidence? {
        let found = try StudyFindings(plan, store: store, judge: judge)
        guard !found.answers.isEmpty || !found.values.isEmpty else { return nil }
        let arms = try organisms.map { ($0, try ArmRecord($0, in: plan, folder: store.folder(of: $0))) }
        let weigher = Weigher(
            answers: found.answers, values: found.values, arms: arms.map(\.1), base: found.base, inDomain: inDomain,
            level: level, draws: draws, seed: seed)
        var evidence = try weigher.weigh()
        let claims = try plan.study.claims.map { try StudyClaim($0, in: plan) }
        evidence.verdicts = Verdict.weigh(
            claims.map(\.claim),
            outcomes: { claim in
                let records = claims.first { $0.claim.name == claim.name }?.records(among: arms) ?? []
                return records.compactMap { weigher.outcome(claim.outcome, $0) }
            },
            base: { claim in
                weigher.base.flatMap {
                    weigher.outcome(
                        claim.outcome, ArmRecord(label: $0, condition: "base", seed: ""), isBase: true)
                }
            })
        evidence.notes += found.notes + claims.flatMap { $0.notes(among: arms.map(\.0)) }
        return evidence
    }

    /// Keeps it in the store.
    ///
    /// - Throws: ``StoreError``.
    public func write(_ evidence: WeighedEvidence) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try (encoder.encode(evidence) + Data("\n".utf8)).write(to: file, options: .atomic)
        } catch {
            throw StoreError(
                what: "\(file.path) can't be written: \(error)", remedy: "check the disk and the permissions")
        }
    }

    /// Training steps that are done and that somebody asks or measures.
    private var organisms: [PlannedStep] {
        let asked = Set(plan.steps.compactMap { $0.read("of") })
        return plan.steps.filter { asked.contains($0.key) && store.isDone($0) }
    }
}
