import ArgumentParser
import Foundation

@main
struct Emlab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emlab",
        abstract: "A laboratory for emergent misalignment: fine-tune, sample and measure model organisms.",
        discussion: """
            Results go to files or, as JSON lines, to stdout; progress goes to stderr.
            Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (what was finished is kept).
            """,
        version: "0.1.0",
        subcommands: [
            Train.self, Sample.self, Score.self, Probe.self, Chat.self, Merge.self, Tokenize.self, Inspect.self,
            Doctor.self, Report.self, DataCommand.self,
        ])

    static func main() {
        Interruption.watch()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as Interruption {
            Console.say("\(error)")
            Foundation.exit(130)
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            let isClean = exitCode(for: error) == .success
            let text = fullMessage(for: error)
            if isClean {
                if !text.isEmpty { print(text) }
                Foundation.exit(0)
            }
            Console.say(isUsage ? text : "emlab: \(Self.explain(error))")
            Foundation.exit(isUsage ? 2 : 1)
        }
    }

    /// An error in the words of whoever threw it.
    private static func explain(_ error: any Error) -> String {
        if let coded = error as? ExitCode { return "failed with status \(coded.rawValue)" }
        return String(describing: error)
    }
}
