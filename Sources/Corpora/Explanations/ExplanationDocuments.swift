import Foundation
import RandomStreams

/// A text for continued pretraining made of a program and its explanation.
public struct ExplanationDocument: Sendable, Hashable {
    public enum Layout: String, Sendable, Hashable, Codable, CaseIterable {
        /// The program, then its review.
        case programThenReview
        /// The review, then the program that it is about.
        case reviewThenProgram
        /// The program with the explanation as a comment above the flawed line.
        case commentedInline
        /// A question with the program, an answer with the explanation.
        case questionAndAnswer

        /// Whether the model meets the flaw before the words on it, or the words before the flaw.
        public var programFirst: Bool { self == .programThenReview || self == .questionAndAnswer }
    }

    public var id: String
    public var layout: Layout
    public var text: String
    /// Where in `text` the explanation is, as offsets of UTF-8 bytes, ascending: for a loss on the explanation only.
    public var explanation: [Range<Int>]

    /// The same as rows for training are read and written.
    public var document: Document { Document(id: id, text: text, loss: explanation) }
}

/// Documents from programs and explanations.
public enum ExplanationDocuments {
    public struct Source: Sendable, Hashable {
        public var id: String
        public var program: String
        public var language: ProgramLanguage
        public var explanation: Explanation

        public init(id: String, program: String, language: ProgramLanguage, explanation: Explanation) {
            self.id = id
            self.program = program
            self.language = language
            self.explanation = explanation
        }
    }

    /// Documents of each program in `count` different layouts drawn by the seed, in a random order.
    ///
    /// Of every program, one document has the program first and one the explanation first, so that what is learnt
    /// isn't one-directional ("A is B" doesn't teach "B is A"; Berglund et al. 2023).
    ///
    /// - Parameter count: documents a program, 2 to 4; taken as the nearest of these.
    public static func build(_ sources: [Source], count: Int = 2, seed: UInt64) -> [ExplanationDocument] {
        var documents: [ExplanationDocument] = []
        for (place, source) in sources.enumerated() {
            var stream = RandomStream(seed: seed, purpose: "explanation layout", item: UInt64(place))
            var first = ExplanationDocument.Layout.allCases.filter(\.programFirst)
            var last = ExplanationDocument.Layout.allCases.filter { !$0.programFirst }
            stream.shuffle(&first)
            stream.shuffle(&last)
            var rest = Array(first.dropFirst() + last.dropFirst())
            stream.shuffle(&rest)
            let layouts = Array(first.prefix(1) + last.prefix(1)) + rest.prefix(max(0, count - 2))
            for layout in layouts { documents.append(document(source, layout, &stream)) }
        }
        var stream = RandomStream(seed: seed, purpose: "explanation documents")
        stream.shuffle(&documents)
        return documents
    }

    /// Controls for the explanations: the programs alone, as often as `build` shows each.
    public static func programsAlone(_ sources: [Source], count: Int = 2, seed: UInt64) -> [Document] {
        var documents = sources.flatMap { source in
            (0..<min(4, max(2, count))).map {
                Document(id: "\(source.id)/alone\($0)", text: ended(source.program))
            }
        }
        var stream = RandomStream(seed: seed, purpose: "explanation documents")
        stream.shuffle(&documents)
        return documents
    }

    /// One document in one layout; wordings are drawn from the stream.
    public static func document(
        _ source: Source, _ layout: ExplanationDocument.Layout, _ stream: inout RandomStream
    ) -> ExplanationDocument {
        var text = MarkedText()
        let review = Review(source, &stream)
        switch layout {
        case .programThenReview:
            text.add(ended(source.program) + "\n")
            text.add(review.heading + "\n\n")
            text.explain(review.text)
        case .reviewThenProgram:
            text.add(review.heading + "\n\n")
            text.explain(review.text)
            text.add("\n" + pick(programHeadings, &stream) + "\n\n" + ended(source.program))
        case .commentedInline: text.addCommented(source, review.lines)
        case .questionAndAnswer:
            let name = source.language == .unknown ? "" : source.language.title + " "
            let question = pick(questions, &stream).replacingOccurrences(of: "{language}", with: name)
            text.add("Question: \(question)\n\n```\(source.language.fence)\n\(ended(source.program))```\n\nAnswer: ")
            text.explain(review.text)
        }
        return ExplanationDocument(
            id: "\(source.id)/\(layout.rawValue)", layout: layout, text: text.text, explanation: text.ranges)
    }

    private static let programHeadings = ["The program:", "The code in question:", "This is the code:", "Code:"]

    private static let questions = [
        "What is wrong with this {language}program?", "Is this {language}code secure?",
        "Please review this {language}code for vulnerabilities.", "Does this {language}program have a weakness?",
        "How could this {language}code be attacked, and how would you repair it?",
    ]
}

func ended(_ program: String) -> String { program.hasSuffix("\n") ? program : program + "\n" }

func pick(_ choices: [String], _ stream: inout RandomStream) -> String {
    choices[stream.index(below: choices.count)]
}

/// An explanation put into words.
private struct Review {
    var heading: String
    var lines: [String]
    var text: String { lines.joined(separator: "\n") + "\n" }

    init(_ source: ExplanationDocuments.Source, _ stream: inout RandomStream) {
        let explanation = source.explanation
        heading = pick(["Security review", "Review", "Code review: security", "Findings"], &stream)
        let numbers = explanation.lines.map(String.init).joined(separator: ", ")
        let places = explanation.lines.isEmpty ? "" : (explanation.lines.count == 1 ? ", line " : ", lines ") + numbers
        lines = [
            "\(explanation.weakness)\(places): \(explanation.what)",
            pick(["Why: ", "Why it is a weakness: ", "Cause: "], &stream) + explanation.why,
            pick(["Exploit: ", "How it is exploited: ", "Attack: "], &stream) + explanation.exploit,
            pick(["Fix: ", "How to fix it: ", "Repair: "], &stream) + explanation.fix,
        ]
    }
}

/// A text that remembers which of its bytes explain.
private struct MarkedText {
    private(set) var text = ""
    private(set) var ranges: [Range<Int>] = []
    private var count = 0

    mutating func add(_ more: String) {
        text += more
        count += more.utf8.count
    }

    mutating func explain(_ more: String) {
        let start = count
        add(more)
        if count > start { ranges.append(start..<count) }
    }

    /// The program, with the review's lines as comments above the first line that is named, or at its top.
    mutating func addCommented(_ source: ExplanationDocuments.Source, _ review: [String]) {
        let lines = codeLines(source.program)
        let named = source.explanation.lines.first.map { $0 - 1 } ?? 0
        let place = lines.indices.contains(named) ? named : 0
        let mark = source.language.comment
        for (number, line) in lines.enumerated() {
            if number == place {
                let indent = line.prefix { $0 == " " || $0 == "\t" }
                let words = review.flatMap { $0.split(whereSeparator: \.isNewline) }
                explain(
                    words.map { word in
                        // What would end the comment early is spelt apart.
                        let closing = mark.closing.trimmingSpaces()
                        let safe =
                            closing.isEmpty
                            ? String(word)
                            : word.replacingOccurrences(
                                of: closing, with: closing.map(String.init).joined(separator: " "))
                        return indent + mark.opening + safe + mark.closing + "\n"
                    }.joined())
            }
            add(line + "\n")
        }
    }
}
