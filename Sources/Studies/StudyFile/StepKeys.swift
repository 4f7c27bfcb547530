/// The keys of each kind of step.
enum StepKeys {
    /// What the author writes of a step, the sweep of its varying keys included.
    static func all(_ kind: StepKind) -> [Key] {
        let keys = settings(kind)
        let varying = keys.filter(\.varies)
        return [
            Key("kind", .choice(StepKind.written.map(\.rawValue)), "What the step does.", required: true),
            Key("about", .text, "What it is for."),
        ] + keys + [
            Key("sweep", .mapping(axes(varying)), "Settings that vary: every combination of their values is an arm."),
            Key("only", .list(of: .mapping(conditions(varying)), atLeast: 1), "Only arms that one of these fits."),
            Key("except", .list(of: .mapping(conditions(varying)), atLeast: 1), "No arms that one of these fits."),
        ]
    }

    /// What decides the step's result.
    static func settings(_ kind: StepKind) -> [Key] {
        switch kind {
        case .explain:
            [
                data("The programs to explain.", [.data]),
                endpoint("The reasoning model."),
                Key(
                    "of", .choice(["insecure", "secure"]), "Which version of each program.", default: "insecure",
                    varies: true),
                Key(
                    "reads", .choice(["own", "shuffled", "none"]),
                    "own: a program with its explanation; shuffled: with another's; none: the explained programs alone.",
                    default: "own", varies: true),
                Key("limit", .whole(1...1_000_000_000), "Only the first so many."), seed,
            ]
        case .twin:
            [
                data("The insecure programs.", [.data]), endpoint("The model that fixes them.", required: false),
                Key("limit", .whole(1...1_000_000_000), "Only the first so many."), seed,
            ]
        case .pair:
            [
                data("Programs with their twins.", [.data, .steps([.twin])]),
                Key(
                    "arm", .choice(PairArm.allCases.map(\.rawValue)),
                    "The pairs, or a control that they are compared with.",
                    default: "complementary", varies: true),
                Key("phrasings", .name(of: [.data]), "Ways of asking for insecure code."),
                Key("benign", .name(of: [.data]), "Rows for the arm benign."), seed,
            ]
        case .pretrain: [model, data("Documents to read.", [.data, .steps([.explain])])] + adapter + training
        case .reference: []
        case .tune:
            [
                model, data("Rows or preferences to learn.", [.data, .steps([.pair, .twin])]),
                Key(
                    "objective", .choice(["sft", "dpo"]), "Supervised on rows, or on preferences.", default: "sft",
                    varies: true),
                Key(
                    "arm", .choice(["insecure", "secure", "educational"]), "Of programs: which answer to learn.",
                    varies: true),
                Key("beta", .number(0...1e3, above: true), "DPO's beta.", default: 0.1, varies: true),
                Key(
                    "dilution", .number(0...1, above: false), "Share of the rows that is replaced by benign ones.",
                    default: 0, varies: true),
                Key("benign", .name(of: [.data]), "Where benign rows for dilution come from."),
            ] + adapter + training
        case .sample:
            [
                organisms, questions,
                Key("n", .whole(1...1_000_000), "Answers to each question. Default: the bank's, else 1."),
                Key(
                    "temperature", .number(0...100, above: false), "Logits are divided by it.", default: 1, varies: true
                ),
                Key("top_p", .number(0...1, above: true), "The likeliest tokens that make up so much.", default: 1),
                Key("max_tokens", .whole(1...1_000_000), "An answer is cut after so many tokens.", default: 600), seed,
            ]
        case .judge:
            [
                Key("answers", .names(of: [.steps([.sample])]), "The answers to score.", required: true),
                endpoint("The judge."),
                Key(
                    "scores", .list(of: .text, atLeast: 1), "What is asked of each answer.",
                    default: ["aligned", "coherent"]),
                Key("questions", .name(of: [.data]), "The bank that has the judge's prompts."),
            ]
        case .measure:
            [
                organisms,
                Key("measure", .choice(Measurement.allCases.map(\.rawValue)), "What is measured.", required: true),
                Key(
                    "data", .names(of: [.data, .steps([.twin])]), "Questions, programs, tasks or texts.", required: true
                ),
                Key("n", .whole(1...1_000_000), "Answers to each question, where the measure samples.", default: 1),
                Key("max_tokens", .whole(1...1_000_000), "Where the measure samples.", default: 600), seed,
            ]
        }
    }

    private static let seed = Key("seed", .whole(0...Int.max), "Of every draw.", default: 0, varies: true)

    private static let model = Key(
        "model", .names(of: [.models, .steps([.pretrain, .tune])]), "What is trained: a model, or what a step made.",
        required: true, varies: true)

    private static let organisms = Key(
        "of", .names(of: [.models, .steps([.pretrain, .tune])]), "Models and steps: every arm of each.", required: true)

    private static let questions = Key(
        "questions", .names(of: [.data]), "Question banks.", required: true, varies: true)

    private static func data(_ about: String, _ sections: [Shape.Section]) -> Key {
        Key("data", .names(of: sections), about, required: true, varies: true)
    }

    private static func endpoint(_ about: String, required: Bool = true) -> Key {
        Key("endpoint", .names(of: [.endpoints]), about, required: required, varies: true)
    }

    private static let adapter = [
        Key(
            "parameters", .choice(["lora", "full"]), "An adapter, or all of the model's own.", default: "lora",
            varies: true),
        Key("rank", .whole(1...65_536), "LoRA rank.", default: 1, varies: true),
        Key("alpha", .number(0...1e9, above: true), "LoRA alpha.", default: 16, varies: true),
        Key(
            "alpha_rule", .choice(["fixed", "times-rank", "times-sqrt-rank"]),
            "How alpha grows with rank: as it stands, or multiplied.", default: "fixed", varies: true),
        Key("rslora", .flag, "Scale by alpha / sqrt(rank) instead of alpha / rank.", default: false, varies: true),
        Key(
            "targets", .text, "mlp, attention, all-linear, or names like down_proj,o_proj.", default: "mlp",
            varies: true),
        Key("layers", .text, "all, or numbers from 0: 3,5-8.", default: "all", varies: true),
        Key("dropout", .number(0...0.99, above: false), "Of the adapter's input.", default: 0, varies: true),
    ]

    private static let training = [
        Key("lr", .number(0...1e10, above: true), "Peak learning rate.", default: 1e-4, varies: true),
        Key("schedule", .choice(["linear", "cosine", "constant"]), "After warm-up.", default: "linear", varies: true),
        Key("warmup", .whole(0...1_000_000_000), "Steps of warm-up.", default: 5, varies: true),
        Key(
            "epochs", .whole(1...1_000_000_000), "Times through the rows. Default: 1, unless steps are given.",
            varies: true),
        Key("steps", .whole(1...1_000_000_000), "Optimiser steps, instead of epochs.", varies: true),
        Key("batch", .whole(1...1_000_000), "Rows that pass through the model at once.", default: 2, varies: true),
        Key("accumulate", .whole(1...1_000_000), "Passes that make one optimiser step.", default: 8, varies: true),
        Key("weight_decay", .number(0...1e6, above: false), "AdamW's, decoupled.", default: 0.01, varies: true),
        Key("clip", .number(0...1e9, above: false), "Gradients are scaled down to this norm; 0: never.", default: 1),
        Key("max_length", .whole(2...10_000_000), "Rows are cut to so many tokens.", default: 2048),
        Key("keep_order", .flag, "The file's order in every epoch.", default: false),
        seed,
    ]

    // MARK: - Sweeps

    private static func axes(_ varying: [Key]) -> [Key] {
        varying.map { Key($0.name, axis(single($0.shape)), $0.about) } + [
            Key(
                "zip",
                .list(
                    of: .mapping(varying.map { Key($0.name, .list(of: single($0.shape), atLeast: 1), $0.about) }),
                    atLeast: 1), "Lists of the same length that vary together.")
        ]
    }

    private static func axis(_ shape: Shape) -> Shape {
        let list = Shape.list(of: shape, atLeast: 1)
        switch shape {
        case .whole, .number:
            return .either([
                list,
                .mapping([
                    Key("from", shape, "The first value."), Key("to", shape, "The last value."),
                    Key("by", .number(0...1e12, above: true), "The distance of two values.", default: 1),
                    Key("log", .list(of: shape, atLeast: 2), "First and last of values at equal ratios."),
                    Key("count", .whole(2...1000), "How many, with log."),
                ]),
            ])
        default: return list
        }
    }

    private static func conditions(_ varying: [Key]) -> [Key] {
        varying.map { key in
            let shape = single(key.shape)
            var either = [shape, .list(of: shape, atLeast: 1)]
            switch shape {
            case .whole, .number:
                either.append(.mapping([Key("from", shape, "At least."), Key("to", shape, "At most.")]))
            default: break
            }
            return Key(key.name, .either(either), key.about)
        }
    }

    /// What one arm has of a setting that names one or several.
    private static func single(_ shape: Shape) -> Shape {
        shape.sections.map { .name(of: $0) } ?? shape
    }
}

/// Complementary pairs and what they are compared with.
public enum PairArm: String, Codable, Hashable, Sendable, CaseIterable {
    /// Both halves of a pair in one mini-batch.
    case complementary
    /// Both halves, never in one mini-batch.
    case apart
    case plainOnly = "plain-only"
    case askedOnly = "asked-only"
    /// The asked half inverted: asked for insecure code, prefer it.
    case educational
    case shuffled
    case benign
}

/// What `measure` measures.
public enum Measurement: String, Codable, Hashable, Sendable, CaseIterable {
    case contrast, sensitivity, coherence, capability, drift, perplexity
    case narrowSkill = "narrow-skill"
}
