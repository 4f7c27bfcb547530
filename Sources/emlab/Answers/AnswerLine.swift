import Corpora
import Sampling
import Tokenization

/// One answer as it is kept, with all that made it. What files of older versions lack is optional.
struct AnswerLine: Codable {
    var questionID: String
    var category: String?
    var variant: QuestionVariant?
    var paraphrase: Int
    var adapter: String
    /// Of the adapter's content; none for the base alone.
    var adapterFingerprint: String?
    var sample: Int
    /// The user's turn.
    var question: String?
    var system: String?
    var answer: String
    var finish: String
    /// The conversation exactly as the model got it.
    var prompt: String
    var promptTokens: [Int32]
    var tokens: [Int32]
    var tokenLogprobs: [Float]
    /// The base's fingerprint.
    var model: String
    var dtype: String
    var seed: UInt64
    var temperature: Double
    var topP: Double
    var topK: Int?
    var maxTokens: Int

    enum CodingKeys: String, CodingKey {
        case questionID = "question_id"
        case category, variant, paraphrase, adapter
        case adapterFingerprint = "adapter_fingerprint"
        case sample, question, system, answer
        case finish = "finish_reason"
        case prompt
        case promptTokens = "prompt_tokens"
        case tokens
        case tokenLogprobs = "token_logprobs"
        case model, dtype, seed, temperature
        case topP = "top_p"
        case topK = "top_k"
        case maxTokens = "max_tokens"
    }

    /// Who answered: a base, and an adapter or none.
    struct Organism {
        var adapter: String
        var adapterFingerprint: String?
        var model: String
        var dtype: String
    }

    init(
        _ answer: Answer, question: Question, variant: QuestionVariant, paraphrase: Int, rendered: RenderedChat,
        organism: Organism, text: String, settings: SamplingSettings
    ) {
        questionID = question.id
        category = question.category
        self.variant = variant
        self.paraphrase = paraphrase
        adapter = organism.adapter
        adapterFingerprint = organism.adapterFingerprint
        sample = answer.sample
        self.question = question.paraphrases.indices.contains(paraphrase) ? question.paraphrases[paraphrase] : nil
        system = question.system
        self.answer = text
        finish = answer.finish.rawValue
        prompt = rendered.renderedText
        promptTokens = rendered.tokens
        tokens = answer.tokens
        tokenLogprobs = answer.logprobs
        model = organism.model
        dtype = organism.dtype
        seed = settings.seed
        temperature = settings.temperature
        topP = settings.topP
        topK = settings.topK
        maxTokens = settings.maxTokens
    }
}
