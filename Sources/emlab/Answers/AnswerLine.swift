import Corpora
import Sampling
import Tokenization

/// One answer as it is kept, with all that made it.
struct AnswerLine: Codable {
    var questionID: String
    var category: String?
    var paraphrase: Int
    var adapter: String
    var sample: Int
    var answer: String
    var finish: String
    var prompt: String
    var promptTokens: [Int32]
    var tokens: [Int32]
    var tokenLogprobs: [Float]
    var model: String
    var dtype: String
    var seed: UInt64
    var temperature: Double
    var topP: Double
    var topK: Int?
    var maxTokens: Int

    enum CodingKeys: String, CodingKey {
        case questionID = "question_id"
        case category, paraphrase, adapter, sample, answer
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

    init(
        _ answer: Answer, question: Question, paraphrase: Int, rendered: RenderedChat, adapter: String, model: String,
        text: String, settings: SamplingSettings, dtype: String
    ) {
        questionID = question.id
        category = question.category
        self.paraphrase = paraphrase
        self.adapter = adapter
        sample = answer.sample
        self.answer = text
        finish = answer.finish.rawValue
        prompt = rendered.renderedText
        promptTokens = rendered.tokens
        tokens = answer.tokens
        tokenLogprobs = answer.logprobs
        self.model = model
        self.dtype = dtype
        seed = settings.seed
        temperature = settings.temperature
        topP = settings.topP
        topK = settings.topK
        maxTokens = settings.maxTokens
    }
}
