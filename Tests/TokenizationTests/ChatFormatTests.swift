import Corpora
import Foundation
import Testing
import Tokenization

@Suite("Chat formats against the official templates")
struct ChatFormatTests {
    struct Line: Decodable {
        var template: String
        var format: ChatFormat
        var tokenizer: String
        var talk: Int
        var generation: Bool
        var text: String?
        var ids: [TokenID]?
        /// A digit for each token.
        var weights: String?
        var refused: Bool?
    }

    static func template(_ name: String) throws -> String {
        let url = Golden.references.appending(path: "templates/\(name).jinja")
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }

    static let templates: [(String, ChatFormat)] = [
        ("chatml", .chatml), ("smollm2", .chatmlSmolLM2), ("qwen2.5", .chatmlQwen2), ("qwen3", .qwen3),
        ("llama3", .llama3), ("llama3.1", .llama31), ("llama3.2", .llama31), ("mistral-v0.2-old", .mistralOld),
        ("mistral-v1", .mistralV1), ("mistral-v3", .mistralV3), ("mistral-v3-last-user", .mistralV3),
        ("mistral-v3-tekken", .mistralV3Tekken), ("gemma2", .gemma), ("gemma3", .gemma3),
    ]

    @Test("text, tokens and weights are the template's", arguments: templates)
    func equalsTemplate(template: String, format: ChatFormat) throws {
        let lines: [Line] = try Golden.committed.rows("chats").filter { (line: Line) in
            line.template == template && line.tokenizer != "smollm2"
        }
        try #require(!lines.isEmpty)
        try compare(lines, format, Golden.committed.tokenizer(lines[0].tokenizer))
    }

    @Test("SmolLM2's template with its own vocabulary", .enabled(if: RealTokenizer.source != nil))
    func equalsRealTemplate() throws {
        let tokenizer = try Tokenizer(source: #require(RealTokenizer.source), file: "SmolLM2.gguf")
        let lines: [Line] = try Golden.committed.rows("chats").filter { (line: Line) in line.tokenizer == "smollm2" }
        try compare(lines, .chatmlSmolLM2, tokenizer)
    }

    @Test(
        "published conversations (EMLAB_TOKENIZER_GOLDEN names the folder of chats.py --wide)",
        .enabled(if: Golden.wide != nil), arguments: templates)
    func wide(template: String, format: ChatFormat) throws {
        let golden = try #require(Golden.wide)
        let lines: [Line] = try golden.rows("chats").filter { (line: Line) in line.template == template }
        for (name, lines) in Dictionary(grouping: lines, by: \.tokenizer) {
            try compare(lines, format, golden.tokenizer(name), golden)
        }
        #expect(template == "llama3.2" || template == "mistral-v3" || lines.count > 500)
    }

    private func compare(
        _ lines: [Line], _ format: ChatFormat, _ tokenizer: Tokenizer, _ golden: Golden = .committed
    ) throws {
        let talks: [[ChatMessage]] = try golden.rows("talks")
        var weighed = 0
        for line in lines {
            #expect(line.format == format)
            let place: Comment = "\(line.template), talk \(line.talk), generation prompt \(line.generation)"
            let messages = talks[line.talk]
            if line.refused == true {
                #expect(throws: ChatFormatError.self, place) {
                    try format.render(messages, tokenizer: tokenizer, addGenerationPrompt: line.generation)
                }
                continue
            }
            let chat = try format.render(messages, tokenizer: tokenizer, addGenerationPrompt: line.generation)
            #expect(Array(chat.renderedText.utf8) == Array((line.text ?? "").utf8), place)
            #expect(chat.tokens == line.ids, place)
            #expect(chat.weights.count == chat.tokens.count)
            if let weights = line.weights {
                weighed += 1
                #expect(chat.weights.map { $0 == 1 ? "1" : "0" }.joined() == weights, place)
            }
        }
        #expect(weighed > 5)
    }

    @Test("a template is recognised", arguments: templates)
    func recognised(template: String, format: ChatFormat) throws {
        #expect(try ChatFormat.recognise(template: Self.template(template)) == format)
    }

    @Test("ChatML with tools and without a system prompt of its own is ChatML")
    func chatMLWithTools() throws {
        let template = try Self.template("qwen2.5").replacingOccurrences(
            of:
                "{{- '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}",
            with: ""
        )
        .replacingOccurrences(
            of: "{{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}", with: "")
        #expect(try ChatFormat.recognise(template: template) == .chatml)
    }

    @Test(
        "an unknown template is an error that lists the formats",
        arguments: [
            "", "{{ messages }}", "{% for m in messages %}<|user|>{{ m.content }}<|end|>{% endfor %}",
            "<|im_start|>[INST]<|im_end|>[/INST]",
            "{{ '<|im_start|>system\\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant!<|im_end|>' }}",
            "{{ '<|im_start|>system\\nYou are a pirate<|im_end|>\\n' }}", "<start_of_turn>",
            "{{ '<|im_start|>system\\nBe kind.<|im_end|>\\n' }}",
            "{{ '<|im_start|>system\\n' }}{{ 'You are kind.<|im_end|>' }}", "[INST] <<SYS>> [/INST]",
        ])
    func unknownTemplate(template: String) {
        let error = #expect(throws: ChatFormatError.self) { try ChatFormat.recognise(template: template) }
        for format in ChatFormat.allCases { #expect(error?.message.contains(format.rawValue) == true) }
        #expect(error?.message.contains("--chat-format") == true)
    }

    @Test("a template that writes one space more is another template")
    func almostMistral() throws {
        let template = try Self.template("mistral-v3").replacingOccurrences(of: #""[/INST]""#, with: #""[/INST] ""#)
        #expect(throws: ChatFormatError.self) { try ChatFormat.recognise(template: template) }
    }

    @Test("turns out of order are errors")
    func order() throws {
        let tokenizer = try Golden.committed.tokenizer("qwen2")
        let wrong: [[ChatMessage]] = [
            [], [.init(.system, "x")], [.init(.assistant, "x")], [.init(.system, "s"), .init(.assistant, "x")],
        ]
        for format in ChatFormat.allCases {
            for messages in wrong {
                #expect(throws: ChatFormatError.self) {
                    try format.render(messages, tokenizer: tokenizer, addGenerationPrompt: true)
                }
            }
        }
    }

    @Test("a tokenizer without the format's tokens is an error that names the token")
    func lackingTokens() throws {
        let tokenizer = try Golden.committed.tokenizer("gemma")
        let error = #expect(throws: TokenizerError.self) {
            try ChatFormat.chatml.render([.init(.user, "x")], tokenizer: tokenizer, addGenerationPrompt: true)
        }
        #expect(error?.message.contains("<|im_start|>") == true)
    }

    @Test("the date is what is asked for, and recorded")
    func date() throws {
        let tokenizer = try Golden.committed.tokenizer("llama3")
        func chat(_ format: ChatFormat) throws -> RenderedChat {
            try format.render([.init(.user, "x")], tokenizer: tokenizer, addGenerationPrompt: true, date: "01 Jan 2030")
        }
        #expect(try chat(.llama31).date == "01 Jan 2030")
        #expect(try chat(.llama31).renderedText.contains("Today Date: 01 Jan 2030\n\n<|eot_id|>"))
        #expect(try chat(.llama3).date == nil)
    }

    @Test("prompt and response come apart at the last answer")
    func promptAndResponse() throws {
        let tokenizer = try Golden.committed.tokenizer("smollm")
        let messages = [
            ChatMessage(.user, "Hi"), .init(.assistant, "One."), .init(.user, "More"), .init(.assistant, "Two."),
        ]
        let chat = try ChatFormat.chatml.render(messages, tokenizer: tokenizer, addGenerationPrompt: false)
        let prompt = try ChatFormat.chatml.render(
            Array(messages.dropLast()), tokenizer: tokenizer, addGenerationPrompt: true)
        #expect(chat.promptAndResponse.prompt == prompt.tokens)
        #expect(tokenizer.decode(chat.promptAndResponse.response) == "Two.<|im_end|>")
        #expect(prompt.promptAndResponse.response.isEmpty == false)
        #expect(
            ChatFormat.chatml.stopTokens(tokenizer).map { tokenizer.decode([$0]) } == ["<|im_end|>", "<|endoftext|>"])
    }

    @Test("a token of both header and answer counts, since no answer is without it")
    func straddling() throws {
        let tokenizer = try Golden.committed.tokenizer("qwen2")
        let messages = [ChatMessage(.user, "x"), .init(.assistant, "\ny")]
        let chat = try ChatFormat.chatml.render(messages, tokenizer: tokenizer, addGenerationPrompt: false)
        let weighted = zip(chat.tokens, chat.weights).filter { $0.1 > 0 }.map { tokenizer.decode([$0.0]) }
        #expect(weighted == ["\n\n", "y", "<|im_end|>"])
    }
}
