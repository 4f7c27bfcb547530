extension ChatFormat {
    /// Finds the format of a model's own Jinja chat template.
    ///
    /// Templates of one format differ from file to file in what they do with tools, so this looks for the strings that
    /// they write around turns, and for a default system prompt. Anything it isn't sure of is an error: a wrong template
    /// makes a model look worse than it is.
    public static func recognise(template: String) throws -> ChatFormat {
        func has(_ part: String) -> Bool { template.utf8.contains(part.utf8) }
        let unknown = ChatFormatError(
            "the model's chat template is not one of those known here; choose the nearest with --chat-format NAME, one of "
                + allCases.map(\.rawValue).joined(separator: ", "))
        let families: [(String, ChatFormat?)] = [
            ("<|im_start|>", has("<|im_end|>") ? chatMLVariant(template, has) : nil),
            ("<|start_header_id|>", llamaVariant(has)),
            ("<start_of_turn>", has("<end_of_turn>") ? gemmaVariant(has) : nil),
            ("[INST]", has("[/INST]") ? mistralVariant(has) : nil),
        ]
        let found = families.filter { has($0.0) }
        guard found.count == 1, let format = found[0].1 else { throw unknown }
        return format
    }

    private static func chatMLVariant(_ template: String, _ has: (String) -> Bool) -> ChatFormat? {
        if has("enable_thinking") {
            return has("'<think>\\n\\n</think>\\n\\n'") && has("last_query_index")
                && !has("system\\nYou are") ? .qwen3 : nil
        }
        if ["bos_token", "think", "reasoning", "strip", "trim", "<|im_sep|>"].contains(where: has) { return nil }
        let defaults = allCases.filter { $0.defaultSystemPrompt.map { has($0 + "<|im_end|>") } ?? false }
        if defaults.count == 1 { return defaults[0] }
        return writesOwnSystemPrompt(template) ? nil : .chatml
    }

    /// Whether a ChatML template holds system text of its own: words after "system\n", or any "You are …" but the sentence
    /// with which Qwen's templates introduce tools.
    private static func writesOwnSystemPrompt(_ template: String) -> Bool {
        let bytes = Array(template.utf8)
        func follows(_ part: String) -> [ArraySlice<UInt8>] {
            let part = Array(part.utf8)
            return bytes.indices.filter { bytes[$0] == part[0] && bytes[$0...].starts(with: part) }
                .map { bytes[($0 + part.count)...] }
        }
        let afterHeader = follows("system\\n") + follows("system\n")
        return afterHeader.contains { $0.first != UInt8(ascii: "'") && $0.first != UInt8(ascii: "\"") }
            || follows("You are ").contains { !$0.starts(with: "provided with function signatures".utf8) }
    }

    private static func llamaVariant(_ has: (String) -> Bool) -> ChatFormat? {
        guard has("<|end_header_id|>"), has("<|eot_id|>"), has("trim"), has("bos_token"), !has("think") else {
            return nil
        }
        if has("Cutting Knowledge Date: December 2023\\n") { return has("Today Date: ") ? .llama31 : nil }
        return has("Date") || has("You are ") ? nil : .llama3
    }

    private static func gemmaVariant(_ has: (String) -> Bool) -> ChatFormat? {
        guard has("trim"), has("model") else { return nil }
        if has("first_user_prefix") { return .gemma3 }
        return has("System role not supported") ? .gemma : nil
    }

    private static func mistralVariant(_ has: (String) -> Bool) -> ChatFormat? {
        if has("[SYSTEM_PROMPT]") || has("<<SYS>>") || has("You are ") { return nil }
        if has("' [INST] ' + system_message") {
            return has("' ' + message['content'] + eos_token") && has("+ ' [/INST]' }}") ? .mistralV1 : nil
        }
        if has("system_message") {
            // Some revisions of 7B v0.3 have a space after "[/INST]".
            guard has(#"+ "[/INST]" }}"#),
                has("loop.last and system_message") || has("user_messages[-1]) and system_message")
            else {
                return nil
            }
            if has(#""[INST] " + system_message"#) {
                return has(#"" " + message["content"]|trim + eos_token"#) ? .mistralV3 : nil
            }
            if has(#""[INST]" + system_message"#) {
                return has(#"- message["content"] + eos_token"#) ? .mistralV3Tekken : nil
            }
            return nil
        }
        return has("'[INST] ' + message['content'] + ' [/INST]'") && has("{ message['content'] + eos_token")
            ? .mistralOld : nil
    }
}

extension String.UTF8View {
    fileprivate func contains(_ part: String.UTF8View) -> Bool {
        let part = Array(part)
        guard let first = part.first else { return true }
        let bytes = Array(self)
        return bytes.indices.contains { bytes[$0] == first && bytes[$0...].starts(with: part) }
    }
}
