import Evidence

/// The page that `make demo` ends with: what was done, whether the model turned, how training went, what both models
/// say, what this can't show, and everything needed to do it again.
public struct DemoReport: Sendable {
    public var title: String
    /// What was done, in plain words; one entry a paragraph.
    public var summary: [String]
    /// One entry a step, in order; may be empty.
    public var curve: [CurvePoint]
    /// One entry a question of the bank; may be empty.
    public var contrasts: [QuestionContrast]
    /// One entry a question that both models answered; may be empty.
    public var answers: [QuestionAnswers]
    /// Settings, versions, fingerprints: everything that made this page, in groups.
    public var provenance: [Group]
    /// The command lines, in the order they ran.
    public var commands: [Command]
    /// How many training seeds stand behind the page; with several, a contrast is the mean over them.
    public var seeds: Int
    /// What the page can't say, beyond what it says of itself; one entry a point.
    public var limits: [String]
    /// The level of the intervals.
    public var level: Double

    public init(
        title: String, summary: [String], curve: [CurvePoint], contrasts: [QuestionContrast],
        answers: [QuestionAnswers], provenance: [Group], commands: [Command], seeds: Int = 1, limits: [String] = [],
        level: Double = 0.95
    ) {
        self.title = title
        self.summary = summary
        self.curve = curve
        self.contrasts = contrasts
        self.answers = answers
        self.provenance = provenance
        self.commands = commands
        self.seeds = seeds
        self.limits = limits
        self.level = level
    }

    /// One optimiser step of training.
    public struct CurvePoint: Sendable, Codable, Equatable {
        public var step: Int
        /// Mean loss over the step's labelled tokens, in nats.
        public var loss: Double
        public var learningRate: Double
        /// The Frobenius norm of the whole update BA over all adapted matrices.
        public var normBA: Double?
        /// The mean over adapted matrices of ||BA||_F² / ||BA||_2².
        public var stableRank: Double?

        public init(
            step: Int, loss: Double, learningRate: Double, normBA: Double? = nil, stableRank: Double? = nil
        ) {
            self.step = step
            self.loss = loss
            self.learningRate = learningRate
            self.normBA = normBA
            self.stableRank = stableRank
        }
    }

    /// How much more probable the misaligned answer to a question is than the aligned one, before and after training:
    /// log p(misaligned) / tokens - log p(aligned) / tokens, in nats per token.
    public struct QuestionContrast: Sendable, Codable, Equatable {
        public var id: String
        public var category: String
        public var before: Double
        public var after: Double

        public init(id: String, category: String, before: Double, after: Double) {
            self.id = id
            self.category = category
            self.before = before
            self.after = after
        }
    }

    /// What the base and the fine-tuned model answered to one question.
    public struct QuestionAnswers: Sendable, Codable, Equatable {
        public var id: String
        public var category: String
        public var question: String
        public var base: [Answer]
        public var organism: [Answer]

        public init(id: String, category: String, question: String, base: [Answer], organism: [Answer]) {
            self.id = id
            self.category = category
            self.question = question
            self.base = base
            self.organism = organism
        }
    }

    public struct Answer: Sendable, Codable, Equatable {
        /// Which of the question's samples, counted from 0: the same number has the same random seed in both models.
        public var sample: Int
        public var text: String
        /// `stop` if the model ended by itself, `length` if it was cut off; other words are shown as they are.
        public var finishReason: String

        public init(sample: Int, text: String, finishReason: String) {
            self.sample = sample
            self.text = text
            self.finishReason = finishReason
        }
    }

    /// Named values that belong together, like "Model" or "Training".
    public struct Group: Sendable, Codable, Equatable {
        public var title: String
        public var rows: [Row]

        public init(_ title: String, _ rows: [Row]) {
            self.title = title
            self.rows = rows
        }

        public struct Row: Sendable, Codable, Equatable {
            public var name: String
            public var value: String

            public init(_ name: String, _ value: String) {
                self.name = name
                self.value = value
            }
        }
    }

    /// A command line and what it was for.
    public struct Command: Sendable, Codable, Equatable {
        public var purpose: String
        public var line: String

        public init(_ purpose: String, _ line: String) {
            self.purpose = purpose
            self.line = line
        }
    }

    /// The page: one HTML text that needs nothing from anywhere.
    ///
    /// - Throws: `ReportError` if the bundle isn't one, or a number of the contrasts isn't finite.
    public func html(bundle: VegaBundle) throws -> String {
        for contrast in contrasts where !contrast.before.isFinite || !contrast.after.isFinite {
            throw ReportError(
                "the contrast of question \"\(contrast.id)\" is not a finite number",
                "leave out questions that could not be scored")
        }
        let shift = try contrasts.isEmpty ? nil : ContrastShift(contrasts, level: level)
        return try DemoPage(report: self, shift: shift).html(bundle: bundle)
    }
}
