import Foundation

/// PEFT's regular expressions over module paths. They come with adapters of strangers, so the time they may take is
/// bounded.
enum ModulePattern {
    private static let longest = 4096

    /// The first of PEFT's `rank_pattern` keys that matches the end of a path, from a dot or from its start.
    static func first(of patterns: [String], matchingEndOf module: String) throws -> String? {
        try patterns.first { pattern in
            // Most keys are plain names, of which there may be one for every module: they need no engine.
            if let plain = plainBytes(pattern) { return matches(plain, endOf: Array(module.utf8)) }
            return try matches(pattern, inside: "(?:.*\\.)?(?:\(pattern))", module)
        }
    }

    /// The bytes of a pattern of letters, digits, underscores and dots, nil for a dot that stands for any character;
    /// nil for any other pattern.
    private static func plainBytes(_ pattern: String) -> [UInt8?]? {
        var bytes: [UInt8?] = []
        var isEscaped = false
        for byte in pattern.utf8 {
            switch byte {
            case UInt8(ascii: "."): bytes.append(isEscaped ? byte : nil)
            case UInt8(ascii: "\\") where !isEscaped:
                isEscaped = true
                continue
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                if isEscaped { return nil }
                bytes.append(byte)
            default: return nil
            }
            isEscaped = false
        }
        return isEscaped ? nil : bytes
    }

    private static func matches(_ plain: [UInt8?], endOf module: [UInt8]) -> Bool {
        let start = module.count - plain.count
        guard start == 0 || (start > 0 && module[start - 1] == UInt8(ascii: ".")) else { return false }
        return zip(plain, module[start...]).allSatisfy { $0 == nil || $0 == $1 }
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
