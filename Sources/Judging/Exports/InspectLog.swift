import Endpoints
import Evidence
public import Foundation

/// Answers of one arm as a log of Inspect AI (version 2 of its format), which `inspect view` and `read_eval_log` open:
/// a sample for each wording of a question, an epoch for each answer to it, a score for each judge.
public struct InspectLog {
    public let arm: String
    private let records: [JudgedRecord]
    private let task: String
    private let created: Date

    /// - Parameters:
    ///   - task: what the log's task is called.
    ///   - created: when the answers were made, as far as that is known.
    /// - Throws: ``JudgingError`` if a sample and epoch would occur twice.
    public static func logs(of records: [JudgedRecord], task: String, created: Date) throws -> [InspectLog] {
        var order: [String] = []
        var arms: [String: [JudgedRecord]] = [:]
        for record in records {
            if arms[record.record.arm] == nil { order.append(record.record.arm) }
            arms[record.record.arm, default: []].append(record)
        }
        return try order.map { arm in
            let log = InspectLog(arm: arm, records: arms[arm] ?? [], task: task, created: created)
            var places: Set<String> = []
            for (id, epoch, record) in log.placed where !places.insert("\(id)\n\(epoch)").inserted {
                throw JudgingError(
                    "two answers of \(arm) are sample \(record.record.sample) of \(id)",
                    "give each answer to a question a number of its own")
            }
            return log
        }
    }

    /// The log as Inspect writes it. Its reader of headers wants the members in this order, samples last.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        var members: [String] = []
        for (name, value) in log {
            members.append("\"\(name)\": " + String(decoding: try encoder.encode(value), as: UTF8.self))
        }
        return Data(("{\n" + members.joined(separator: ",\n") + "\n}\n").utf8)
    }

    /// A name for the log's file: time, task and id, as Inspect has them.
    public var fileName: String {
        let time = time.prefix(19).replacing(":", with: "-")
        let plain = "\(task)-\(arm)".map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return "\(time)_\(String(plain).prefix(80))_\(id("task").prefix(12)).json"
    }

    // MARK: -

    private var time: String { created.formatted(.iso8601).replacing("Z", with: "+00:00") }
    private var model: String { "emlab/" + arm }

    private func id(_ what: String) -> String { String(sha256("\(what)\n\(task)\n\(arm)\n\(time)").prefix(22)) }

    /// Every answer with its sample's id and its epoch, from 1.
    private var placed: [(id: String, epoch: Int, record: JudgedRecord)] {
        let wordings = Dictionary(grouping: records, by: \.record.question)
            .mapValues { Set($0.map(\.record.paraphrase)).count }
        return records.map { record in
            let question = record.record.question
            let paraphrase = record.record.paraphrase.map { "/\($0)" } ?? ""
            let id = (wordings[question] ?? 1) > 1 ? question + paraphrase : question
            return (id, record.record.sample + 1, record)
        }
    }

    private var judges: [String] { Array(Set(records.flatMap { $0.judged.map(\.judge) })).sorted() }

    private var log: KeyValuePairs<String, JSONValue> {
        let placed = placed
        var ids: [String] = []
        var seen: Set<String> = []
        for place in placed where seen.insert(place.id).inserted { ids.append(place.id) }
        let first = records.first?.record
        let settings = first?.settings ?? [:]
        func setting(_ key: String) -> JSONValue { settings[key].map(JSONValue.number) ?? .null }
        func whole(_ key: String) -> JSONValue {
            settings[key].flatMap { Int(exactly: $0) }.map(JSONValue.integer) ?? .null
        }
        let config: JSONValue = [
            "temperature": setting("temperature"), "top_p": setting("top_p"), "max_tokens": whole("max_tokens"),
            "seed": whole("seed"),
        ]
        return [
            "version": 2,
            "status": "success",
            "eval": [
                "eval_id": .string(id("eval")), "run_id": .string(id("run")), "created": .string(time),
                "task": .string(task), "task_id": .string(id("task")), "task_version": 0, "task_attribs": [:],
                "task_args": [:],
                "dataset": [
                    "name": .string(task), "samples": .integer(ids.count),
                    "sample_ids": .array(ids.map(JSONValue.string)), "shuffled": false,
                ],
                "model": .string(model), "model_generate_config": config,
                "model_args": [
                    "base": first?.model.map(JSONValue.string) ?? .null,
                    "adapter": first?.adapterFingerprint.map(JSONValue.string) ?? .null,
                ],
                "config": ["epochs": .integer(placed.map(\.epoch).max() ?? 1)],
                "packages": ["emlab": "0.1.0"],
            ],
            "plan": ["name": "plan", "steps": [], "config": config],
            "results": [
                "total_samples": .integer(placed.count), "completed_samples": .integer(placed.count),
                "scores": .array(judges.flatMap(scores)),
            ],
            "stats": [
                "started_at": .string(time), "completed_at": .string(time), "model_usage": [:], "role_usage": [:],
            ],
            "samples": .array(placed.map { sample($0.id, $0.epoch, $0.record) }),
        ]
    }

    private func sample(_ id: String, _ epoch: Int, _ answer: JudgedRecord) -> JSONValue {
        let record = answer.record
        let asked: JSONValue = ["role": "user", "content": .string(record.asked), "source": "input"]
        let system = record.system.map { text -> JSONValue in ["role": "system", "content": .string(text)] }
        let reply: JSONValue = [
            "role": "assistant", "content": .string(record.answer), "source": "generate", "model": .string(model),
        ]
        let conversation = [system, asked].compactMap { $0 }
        let stop: JSONValue = record.isTruncated ? "max_tokens" : "stop"
        return [
            "id": .string(id), "epoch": .integer(epoch),
            "input": system == nil ? .string(record.asked) : .array(conversation), "target": "",
            "messages": .array(conversation + [reply]),
            "output": [
                "model": .string(model), "choices": [["message": reply, "stop_reason": stop]],
                "completion": .string(record.answer),
            ],
            "scores": .object(
                Dictionary(answer.judged.map { ($0.judge, score($0)) }, uniquingKeysWith: { $1 })),
            "metadata": [
                "arm": .string(record.arm), "question_id": .string(record.question),
                "category": record.category.map(JSONValue.string) ?? .null,
                "variant": record.variant.map { .string($0.rawValue) } ?? .null,
                "paraphrase": record.paraphrase.map(JSONValue.integer) ?? .null,
                "sample": .integer(record.sample),
            ],
        ]
    }

    private func score(_ judged: JudgedAnswer) -> JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        var value: [String: JSONValue] = ["fate": .string(judged.fate.rawValue)]
        if judged.prompts["aligned"] != nil {
            value["aligned"] = number(judged.aligned)
            value["coherent"] = number(judged.coherent)
        }
        if judged.prompts[CodeReviewer.name] != nil { value["insecure"] = number(judged.insecure) }
        if let word = judged.word { value["word"] = .string(word) }
        let said = judged.replies.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }
        return [
            "value": .object(value),
            "explanation": .string(said.joined(separator: "\n")),
            "metadata": [
                "judge_model": judged.judgeModel.map(JSONValue.string) ?? .null,
                "prompts": .object(judged.prompts.mapValues(JSONValue.string)),
            ],
        ]
    }

    /// What Inspect shows of the log as a whole: the mean scores, and the misaligned shares with both denominators.
    private func scores(_ judge: String) -> [JSONValue] {
        let judged = records.flatMap { $0.judged.filter { $0.judge == judge } }
        func metric(_ name: String, _ values: [(String, Double)]) -> JSONValue {
            [
                "name": .string(name), "scorer": .string(judge), "params": [:],
                "scored_samples": .integer(judged.count), "unscored_samples": 0,
                "metrics": .object(
                    Dictionary(
                        values.map { ($0.0, ["name": .string($0.0), "value": .number($0.1), "params": [:]]) },
                        uniquingKeysWith: { $1 })),
            ]
        }
        func mean(_ values: [Double]) -> Double? {
            values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        let misaligned = Double(judged.count { $0.fate == .misaligned })
        let coherent = judged.count { $0.fate == .misaligned || $0.fate == .aligned }
        var shares = judged.isEmpty ? [] : [("misaligned_of_all", misaligned / Double(judged.count))]
        if coherent > 0 { shares.append(("misaligned_of_coherent", misaligned / Double(coherent))) }
        return [metric("fate", shares)]
            + [("aligned", judged.compactMap(\.aligned)), ("coherent", judged.compactMap(\.coherent))]
            .compactMap { name, values in mean(values).map { metric(name, [("mean", $0)]) } }
    }
}
