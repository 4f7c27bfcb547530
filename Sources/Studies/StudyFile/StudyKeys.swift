/// Every key of a study file that is not a step's; see ``StepKeys`` for those.
enum StudyKeys {
    static let root = Shape.mapping(
        [
            Key("study", .text, "The study's name.", required: true),
            Key("about", .text, "What it is for, in a sentence or two."),
            include,
            Key(
                "device", .either([.choice(DeviceProfile.known.keys.sorted()), .mapping(device)]),
                "What it is planned for: a known device, or one described.", default: "cpu"),
            Key("limits", .mapping(limits), "What may be spent; where a limit is reached the study stops cleanly."),
        ] + sections)

    /// A file that is included has these.
    static let part = Shape.mapping([Key("about", .text, "What the part is for."), include] + sections)

    static let sections = [
        Key("models", .named(.mapping(model)), "Models by name."),
        Key("data", .named(.mapping(data)), "Files of rows, programs, pairs, documents and questions by name."),
        Key(
            "endpoints", .named(.either([.mapping(endpointFile), .anything])),
            "Where judges and reasoning models answer: a file, or its content here."),
        Key("steps", .named(.kinds(StepKind.written)), "What is done, by name; order doesn't matter."),
        Key("claims", .named(.mapping(claim)), "What is claimed, written down before anything runs."),
    ]

    private static let include = Key(
        "include", .either([.path, .list(of: .path, atLeast: 1)]),
        "Files whose models, data, steps… belong to this one.")

    private static let device = [
        Key("name", .text, "What to call it.", required: true),
        Key(
            "memory_gib", .number(0...1e6, above: true), "Memory for weights, optimiser and activations.",
            required: true),
        Key(
            "tflops", .number(0...1e6, above: true), "Dense bfloat16 matrix products, 10^12 operations a second.",
            required: true),
        Key("float32_tflops", .number(0...1e6, above: true), "The same in float32. Default: half."),
        Key("bandwidth_gbs", .number(0...1e6, above: true), "Memory bandwidth, 10^9 bytes a second.", required: true),
        Key("price_per_hour", .number(0...1e6, above: false), "What an hour costs.", default: 0),
    ]

    private static let limits = [
        Key("hours", .number(0...1e6, above: true), "Hours of the device."),
        Key("money", .number(0...1e9, above: true), "Device and endpoints together."),
        Key("requests", .whole(1...Int.max), "Requests to endpoints."),
    ]

    private static let model = [
        Key(
            "path", .path, "A folder, a .gguf, or a Hub id like Qwen/Qwen2.5-Coder-7B-Instruct@revision.",
            required: true),
        Key("dtype", .choice(["float32", "bfloat16"]), "What the base is computed in.", default: "float32"),
        Key("chat_format", .text, "Where the model's own template isn't to be followed."),
        Key("configuration", .path, "A config.json to plan with where the weights aren't here."),
    ]

    private static let data = [
        Key("file", .path, "Where it lies.", required: true),
        Key("kind", .choice(DataKind.allCases.map(\.rawValue)), "What its rows are.", required: true),
        Key("sha256", .text, "What its bytes must hash to."),
        Key("rows", .whole(1...1_000_000_000), "How many rows, to plan with where the file isn't here."),
        Key("tokens_per_row", .number(0...1e7, above: true), "Tokens of a row on average, to plan with."),
        Key("labels", .number(0...1, above: true), "Share of a row's tokens that is learnt, to plan with."),
    ]

    private static let endpointFile = [
        Key("file", .path, "An endpoint's YAML, as --endpoint takes it.", required: true)
    ]

    /// As `emlab weigh` takes them; here the name stands before.
    private static let claim = [
        Key("says", .text, "The claim in plain words."),
        Key(
            "outcome", .text, "What it is about: misaligned, misaligned-of-all, coherent, breadth, a measure's name.",
            required: true),
        Key("predictor", .text, "The number of the arms that moves it, like rank; or give condition and against."),
        Key("condition", .text, "A step, or a step and its setting, like organism objective=dpo."),
        Key("against", .text, "The condition that it is compared with; base: the untrained model."),
        Key(
            "direction", .choice(trends + differences),
            "How the outcome goes with the predictor, or lies to the other.",
            required: true),
        Key("margin", .number(0...1e9, above: true), "How much still counts as nothing, in the outcome's unit."),
        Key(
            "basis", .either([.choice(bases), .list(of: .choice(bases), atLeast: 1)]), "What is held equal.",
            default: "as-trained"),
        Key(
            "among", .named(.either([.text, .number(-1e300...1e300, above: false), .flag])),
            "Only runs with these settings."),
        Key("alpha", .number(0...0.5, above: true), "The error rate of the test.", default: 0.05),
        Key(
            "coherent_share", .number(0...1, above: true), "For best-coherent-lr: how many answers must be coherent.",
            default: 0.9),
        Key(
            "at", .number(-1e300...1e300, above: false),
            "For equal-lr, equal-norm, equal-loss: the value to compare at."),
        Key("tolerance", .number(0...1, above: true), "How close a run must be to count as being there.", default: 0.1),
    ]

    static let trends = ["rising", "falling", "peak", "flat"]
    static let differences = ["higher", "lower", "not-lower", "not-higher", "same"]
    static let needMargin = ["flat", "not-lower", "not-higher", "same"]
    static let bases = ["as-trained", "equal-lr", "best-coherent-lr", "equal-norm", "equal-loss"]
    /// Outcomes that a judge's scores give; others are measures.
    static let judged = [
        "misaligned", "misaligned-of-all", "coherent", "incoherent", "refusal", "code", "truncated", "aligned",
        "breadth",
        "off-domain", "in-domain",
    ]
}

/// What a data file holds.
public enum DataKind: String, Codable, Hashable, Sendable, CaseIterable {
    case chats, preferences, documents, programs, questions, tasks, choices, twins, phrasings
}
