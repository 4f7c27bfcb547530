import Corpora

// What each family's template writes. The official Jinja templates, by which these are tested, lie in
// References/tokenization/templates.

extension ChatFormat {
    func chatML(_ messages: [ChatMessage], _ addGenerationPrompt: Bool, _ script: inout ChatScript) {
        if let prompt = defaultSystemPrompt, messages.first?.role != .system {
            chatMLTurn("system", prompt, counts: false, &script)
        }
        for message in messages {
            chatMLTurn(message.role.rawValue, message.content, counts: message.role == .assistant, &script)
        }
        if addGenerationPrompt { chatMLHeader("assistant", &script) }
    }

    private func chatMLHeader(_ role: String, _ script: inout ChatScript) {
        script.special("<|im_start|>")
        script.text(role + "\n")
    }

    private func chatMLTurn(_ role: String, _ content: String, counts: Bool, _ script: inout ChatScript) {
        chatMLHeader(role, &script)
        script.text(content, counts: counts)
        chatMLEnd(counts: counts, &script)
    }

    private func chatMLEnd(counts: Bool, _ script: inout ChatScript) {
        script.special("<|im_end|>", counts: counts)
        script.text("\n")
    }

    func qwen3(_ messages: [ChatMessage], _ addGenerationPrompt: Bool, _ script: inout ChatScript) {
        // Tool answers go by the name of a user turn; they are no question.
        let lastQuestion =
            messages.lastIndex { message in
                message.role == .user
                    && !(message.content.utf8.starts(with: "<tool_response>".utf8)
                        && message.content.utf8.reversed().starts(with: "</tool_response>".utf8.reversed()))
            } ?? messages.count - 1
        for (index, message) in messages.enumerated() {
            guard message.role == .assistant else {
                chatMLTurn(message.role.rawValue, message.content, counts: false, &script)
                continue
            }
            let (reasoning, content) = TemplateText.reasoning(in: message.content)
            chatMLHeader("assistant", &script)
            if index > lastQuestion, index == messages.count - 1 || !reasoning.isEmpty {
                let reasoning = TemplateText.trimmingNewlines(reasoning)
                thinkBlock(reasoning, counts: !reasoning.isEmpty, &script)
                script.text(TemplateText.trimmingNewlines(content, end: false), counts: true)
            } else {
                script.text(content, counts: true)
            }
            chatMLEnd(counts: true, &script)
        }
        if addGenerationPrompt {
            chatMLHeader("assistant", &script)
            thinkBlock("", counts: false, &script)
        }
    }

    private func thinkBlock(_ reasoning: String, counts: Bool, _ script: inout ChatScript) {
        script.marker("<think>", counts: counts)
        script.text("\n" + reasoning + "\n", counts: counts)
        script.marker("</think>", counts: counts)
        script.text("\n\n", counts: counts)
    }

    /// - Parameter header: what stands in a system turn before the system message; with it that turn is always there.
    func llama(
        _ messages: [ChatMessage], header: String?, _ addGenerationPrompt: Bool, _ script: inout ChatScript
    ) {
        func open(_ role: String) {
            script.special("<|start_header_id|>")
            script.text(role)
            script.special("<|end_header_id|>")
            script.text("\n\n")
        }
        func turn(_ role: String, _ content: String, counts: Bool = false) {
            open(role)
            script.text(content, counts: counts)
            script.special("<|eot_id|>", counts: counts)
        }
        script.special("<|begin_of_text|>")
        var rest = messages[...]
        if let header {
            var system = ""
            if let first = rest.first, first.role == .system {
                system = TemplateText.trimming(first.content)
                rest = rest.dropFirst()
            }
            turn("system", header + system)
        }
        for message in rest {
            turn(message.role.rawValue, TemplateText.trimming(message.content), counts: message.role == .assistant)
        }
        if addGenerationPrompt { open("assistant") }
    }

    func mistral(_ messages: [ChatMessage], _ script: inout ChatScript) {
        script.special("<s>")
        let system = messages.first?.role == .system ? messages.first?.content : nil
        let systemTurn =
            self == .mistralV1
            ? messages.firstIndex { $0.role == .user } : messages.lastIndex { $0.role == .user }
        for (index, message) in messages.enumerated() where message.role != .system {
            var content = message.content
            if message.role == .user {
                if let system, index == systemTurn { content = system + "\n\n" + content }
                mistralUser(content, &script)
            } else {
                switch self {
                case .mistralV1: content = " " + content
                case .mistralV3: content = " " + TemplateText.trimming(content)
                default: break
                }
                script.text(content, counts: true)
                script.special("</s>", counts: true)
            }
        }
    }

    private func mistralUser(_ content: String, _ script: inout ChatScript) {
        switch self {
        case .mistralV3, .mistralV3Tekken:
            script.special("[INST]")
            script.text((self == .mistralV3 ? " " : "") + content)
            script.special("[/INST]")
        default:
            // Before v3 these are no tokens but text.
            script.text((self == .mistralV1 ? " " : "") + "[INST] " + content + " [/INST]")
        }
    }

    func gemma(_ messages: [ChatMessage], _ addGenerationPrompt: Bool, _ script: inout ChatScript) {
        script.special("<bos>")
        var prefix = ""
        for message in messages {
            if message.role == .system {
                prefix = message.content + "\n\n"
                continue
            }
            let counts = message.role == .assistant
            script.special("<start_of_turn>")
            script.text((counts ? "model" : "user") + "\n" + prefix)
            script.text(TemplateText.trimming(message.content), counts: counts)
            script.special("<end_of_turn>", counts: counts)
            script.text("\n")
            prefix = ""
        }
        if addGenerationPrompt {
            script.special("<start_of_turn>")
            script.text("model\n")
        }
    }
}
