import Logging

/// What the log says, as lines on stderr that a person reads: no time, no label; a word only where something is wrong.
struct PlainLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details =
            all.isEmpty ? "" : " (\(all.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", ")))"
        let word =
            switch event.level {
            case .warning: "warning: "
            case .error, .critical: "error: "
            default: ""
            }
        Console.say("\(word)\(event.message)\(details)")
    }

    /// To be called once, before anything is logged.
    static func start(verbose: Bool) {
        LoggingSystem.bootstrap { _ in PlainLog(logLevel: verbose ? .debug : .notice) }
    }
}

/// What the command line has to say beside its results: warnings always, details with --verbose.
let logger = Logger(label: "emlab")
