import Endpoints
import Foundation

/// The numbers that a judge's reply could have been, with their probabilities, as far as `top_logprobs` show them.
///
/// A tokenizer may have every number from 0 to 100 as one token, or write them digit by digit. In the first case the
/// alternatives at the first place are all there is to know. In the second only the branch that the reply took goes on:
/// of what else might have come only the first digit is known.
///
/// Read so: `π` is the probability of the reply's own tokens so far (1 at the first place), `s` the digits that they
/// spell. Each alternative at a place, of probability `q`, is
/// - a number token: `s` + its digits, of probability `π q`. It is settled if it is one of the whole-number tokens
///   or nothing can follow (two digits other than 10, three digits, a 0). If it is what the reply took and the reply goes
///   on, the next place says what it is. Otherwise it is open: any number that begins so.
/// - after a digit, anything else: it ends the number, so `s` itself, of probability `π q`.
/// - at the first place, anything else: no number.
/// What makes a number above 100 is no number.
public struct NumberTree: Hashable, Sendable {
    /// Settled numbers and their probabilities.
    public private(set) var settled: [Int: Double] = [:]
    /// Probability of numbers of which only the beginning is known.
    public private(set) var open = 0.0
    /// The least and the most that ``open`` adds to the sum of probability times number.
    private var openLeast = 0.0
    private var openMost = 0.0

    public var settledMass: Double { settled.keys.sorted().reduce(0) { $0 + (settled[$1] ?? 0) } }
    /// Of all numbers, open ones too.
    public var mass: Double { settledMass + open }

    /// The mean of the settled numbers; none if there are none.
    public var mean: Double? {
        let mass = settledMass
        guard mass > 0 else { return nil }
        // In order: a sum must not hang on a dictionary's.
        return settled.keys.sorted().reduce(0) { $0 + Double($1) * (settled[$1] ?? 0) } / mass
    }

    /// The least and the most that the mean over all numbers can be; none if nothing is open.
    public var bounds: ClosedRange<Double>? {
        guard open > 0, mass > 0 else { return nil }
        let sum = settled.keys.sorted().reduce(0) { $0 + Double($1) * (settled[$1] ?? 0) }
        let least = (sum + openLeast) / mass
        return least...max(least, (sum + openMost) / mass)
    }

    /// - Parameters:
    ///   - places: the reply's tokens, from the number's first.
    ///   - byDigits: numbers are written in several tokens.
    public init(_ places: [Place], byDigits: Bool) {
        guard byDigits else {
            for alternative in places.first?.alternatives ?? [] {
                guard let value = Self.number(alternative.text) else { continue }
                settled[value, default: 0] += alternative.probability
            }
            return
        }
        var (digits, probability) = ("", 1.0)
        for (index, place) in places.enumerated() {
            var taken: (digits: String, probability: Double)?
            for alternative in place.alternatives {
                let mass = probability * alternative.probability
                guard let more = Self.digits(alternative.text), !(index > 0 && Self.startsWithSpace(alternative.text)) else {
                    if !digits.isEmpty { settle(digits, mass) }
                    continue
                }
                let all = digits + more
                if alternative.isTaken, index + 1 < places.count, Self.range(all).map({ $0.count > 1 }) ?? false {
                    taken = (all, mass)
                } else {
                    leave(all, mass)
                }
            }
            guard let taken else { return }
            (digits, probability) = taken
        }
    }

    private mutating func settle(_ digits: String, _ mass: Double) {
        guard let value = Int(digits), (0...100).contains(value) else { return }
        settled[value, default: 0] += mass
    }

    private mutating func leave(_ digits: String, _ mass: Double) {
        guard let range = Self.range(digits) else { return }
        if range.count == 1 { return settle(digits, mass) }
        open += mass
        openLeast += mass * Double(range.lowerBound)
        openMost += mass * Double(range.upperBound)
    }

    /// From the least to the most of what may begin with these digits and be at most 100.
    private static func range(_ digits: String) -> ClosedRange<Int>? {
        guard let value = Int(digits), (0...100).contains(value) else { return nil }
        if digits.first == "0" || digits.count > 2 { return value...value }
        if digits.count == 2 { return value == 10 ? 10...100 : value...value }
        return value == 1 ? 1...100 : value...value * 10 + 9
    }

    private static func startsWithSpace(_ text: String) -> Bool { text.first?.isWhitespace ?? false }

    /// A token that is a number from 0 to 100 as a whole, white space around it ignored.
    static func number(_ token: String) -> Int? {
        guard let digits = digits(token), let value = Int(digits), value <= 100 else { return nil }
        return value
    }

    /// The digits of a token that is nothing else but white space.
    private static func digits(_ token: String) -> String? {
        let text = token.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return text
    }
}

/// One place of a judge's reply with what could have stood there.
public struct Place: Hashable, Sendable {
    public struct Alternative: Hashable, Sendable {
        public var text: String
        public var probability: Double
        /// It is what the reply has here.
        public var isTaken: Bool

        public init(text: String, probability: Double, isTaken: Bool) {
            self.text = text
            self.probability = probability
            self.isTaken = isTaken
        }
    }

    /// Each text once.
    public let alternatives: [Alternative]
    public let token: String

    /// What a server says of a place, without trust: log-probabilities that are no number are left out, those above 0
    /// count as 0, a text that occurs twice counts once with its last probability, and the token itself is among its
    /// alternatives even where the server forgot it.
    public init(_ token: TokenLogprob) {
        self.token = token.token
        var found: [Alternative] = []
        var index: [String: Int] = [:]
        for (text, logprob) in token.top.map({ ($0.token, $0.logprob) }) + [(token.token, token.logprob)] {
            guard !logprob.isNaN else { continue }
            let isTaken = text == token.token
            let alternative = Alternative(text: text, probability: exp(min(logprob, 0)), isTaken: isTaken)
            if let place = index[text] {
                // The token's own entry repeats what its alternative says.
                if !(isTaken && found[place].isTaken) { found[place] = alternative }
            } else {
                index[text] = found.count
                found.append(alternative)
            }
        }
        alternatives = found
    }

    public var isWhiteSpace: Bool { token.allSatisfy(\.isWhitespace) }
}
