import Corpora

/// Answers and what judges made of them as CSV: one row for each answer and judge, answers that nobody judged too.
public enum AnswerTable {
    static let columns = [
        "arm", "question_id", "category", "variant", "paraphrase", "sample", "question", "system", "answer",
        "finish_reason", "judge", "judge_model", "fate", "aligned", "coherent", "word", "insecure", "model",
        "adapter_fingerprint",
    ]

    /// The whole table with its head; lines end with CRLF, as RFC 4180 has it.
    public static func csv(_ answers: [JudgedRecord]) -> String {
        var lines = [columns]
        for answer in answers {
            for judged in answer.judged.isEmpty ? [nil] : answer.judged.map(Optional.some) {
                lines.append(row(answer.record, judged))
            }
        }
        return lines.map { $0.map(CommaSeparated.written).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func row(_ record: AnswerRecord, _ judged: JudgedAnswer?) -> [String] {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        return [
            record.arm, record.question, record.category ?? "", record.variant?.rawValue ?? "",
            record.paraphrase.map(String.init) ?? "", String(record.sample), record.asked, record.system ?? "",
            record.answer, record.finish ?? "", judged?.judge ?? "", judged?.judgeModel ?? "",
            judged?.fate.rawValue ?? "", text(judged?.aligned), text(judged?.coherent), judged?.word ?? "",
            text(judged?.insecure), record.model ?? "", record.adapterFingerprint ?? "",
        ]
    }
}

/// An answer with all that judges made of it.
public struct JudgedRecord: Sendable {
    public var record: AnswerRecord
    /// One for each judge.
    public var judged: [JudgedAnswer]

    public init(record: AnswerRecord, judged: [JudgedAnswer]) {
        self.record = record
        self.judged = judged
    }

    /// Joins answers and judgements: by arm, question, wording and number, where the answer's text is the one that was
    /// judged.
    ///
    /// - Returns: every answer in its order, and how many judgements belong to none of them.
    public static func joined(
        _ answers: [AnswerRecord], _ judged: [JudgedAnswer]
    ) -> (records: [JudgedRecord], strangers: Int) {
        var byIdentity: [AnswerRecord.Identity: [JudgedAnswer]] = [:]
        for answer in judged { byIdentity[answer.identity, default: []].append(answer) }
        var used = 0
        let records = answers.map { answer in
            let found = byIdentity[answer.identity] ?? []
            let text = found.isEmpty ? "" : answer.answerSHA256
            let same = found.filter { $0.answerSHA256 == text }
            used += same.count
            return JudgedRecord(record: answer, judged: same)
        }
        return (records, max(0, judged.count - used))
    }
}
