import Corpora
import Foundation
import Measurement

/// Answers and what judges said of them, as far as measures need it: other keys of a line don't matter.
enum MeasuredAnswers {
    /// What `emlab sample` wrote.
    private struct Line: Decodable {
        var questionID: String
        var category: String?
        var paraphrase: Int?
        var adapter: String?
        var sample: Int
        var answer: String
        var finish: String?
        var promptTokens: [Int32]?
        var tokens: [Int32]?
        var model: String?

        enum CodingKeys: String, CodingKey {
            case questionID = "question_id"
            case category, paraphrase, adapter, sample, answer
            case finish = "finish_reason"
            case promptTokens = "prompt_tokens"
            case tokens, model
        }
    }

    /// - Parameter model: the fingerprint that the answers' tokens must be of; nil where only their texts count.
    static func read(_ path: String, model: String?) throws -> [GivenAnswer] {
        try lines(path, of: Line.self, remedy: "a line of what emlab sample writes is needed").map { number, line in
            if let model, let theirs = line.model, theirs != model {
                throw ConsoleError(
                    "\(path):\(number): the answer's tokens are of another model (\(theirs.prefix(12))…, not \(model.prefix(12))…): give the --model that was sampled from"
                )
            }
            guard model == nil || (line.promptTokens?.isEmpty == false && line.tokens != nil) else {
                throw ConsoleError("\(path):\(number): the answer comes without its prompt's and its own token ids")
            }
            return GivenAnswer(
                arm: line.adapter ?? "base", question: line.questionID, category: line.category,
                paraphrase: line.paraphrase ?? 0, sample: line.sample, promptTokens: line.promptTokens ?? [],
                tokens: line.tokens ?? [], text: line.answer, isTruncated: line.finish == "length")
        }
    }

    static func judged(_ path: String) throws -> [JudgeScore] {
        try lines(
            path, of: JudgeScore.self, remedy: "each line needs \"arm\", \"question\", \"sample\" and a score"
        ).map(\.line)
    }

    private static func lines<Line: Decodable>(
        _ path: String, of type: Line.Type, remedy: String
    ) throws -> [(number: Int, line: Line)] {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe) } catch {
            throw ConsoleError("\(path) can't be read: check the path")
        }
        var found: [(Int, Line)] = []
        var number = 0
        for line in data.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            guard !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) else { continue }
            do { found.append((number, try Console.decode(type, from: Data(line)))) } catch {
                throw ConsoleError("\(path):\(number) can't be used: \(remedy)")
            }
        }
        guard !found.isEmpty else { throw ConsoleError("\(path) holds no answers") }
        return found
    }
}
