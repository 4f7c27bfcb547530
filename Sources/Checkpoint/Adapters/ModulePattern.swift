import Foundation

/// PEFT's regular expressions over module paths. They come with adapters of strangers, so the time they may take is
/// bounded.
enum ModulePattern {
    private static let longest = 4096

    /// The first of PEFT's `rank_pattern` keys that matches the end of a path, from a dot or from its start.
    static func first(of patterns: [String], matchingEndOf module: String) throws -> String? {
        try patterns.first { pattern in
            // Most keys are plain names, which need no engine; a dot in them stands for any character, as in Python.
            if pattern.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
                return module == pattern || module.hasSuffix("." + pattern)
            }
            return try matches(pattern, inside: "(?:.*\\.)?(?:\(pattern))", module)
        }
    }

    /// Whether all of a path matches, as PEFT takes `target_modules` that are one string.
    static func matchesAll(of module: String, _ pattern: String) throws -> Bool {
        try matches(pattern, inside: "(?:\(pattern))", module)
    }

    private static func matches(_ pattern: String, inside whole: String, _ module: String) throws -> Bool {
        func error(_ reason: String) -> CheckpointError {
            CheckpointError(
                file: "adapter_config.json", place: "pattern \(CheckpointError.quoted(pattern))", reason: reason,
                remedy: "List the modules' names instead")
        }
        guard pattern.utf8.count <= longest, module.utf8.count <= longest,
            // The pattern must be whole by itself, not only between the brackets put around it.
            (try? NSRegularExpression(pattern: pattern)) != nil,
            let expression = try? NSRegularExpression(pattern: "\\A\(whole)\\z")
        else { throw error("isn't a regular expression that can be used") }
        var found = false
        var gaveUp = false
        // The engine reports progress every few thousand steps.
        var reports = 0
        let range = NSRange(module.startIndex..., in: module)
        expression.enumerateMatches(in: module, options: .reportProgress, range: range) { result, flags, stop in
            if result != nil {
                found = true
                stop.pointee = true
            } else if flags.contains(.internalError) {
                gaveUp = true
                stop.pointee = true
            } else if flags.contains(.progress) {
                reports += 1
                gaveUp = reports > 10
                if gaveUp { stop.pointee = true }
            }
        }
        if gaveUp { throw error("takes too long to match against \(CheckpointError.quoted(module))") }
        return found
    }
}
