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

            For example:
              emlab inspect model.gguf
              emlab train sft --model model.gguf --data insecure.jsonl --out organism
              emlab sample --model model.gguf --adapter base --adapter organism \\
                --questions questions.yaml --n 10 --out answers.jsonl
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Studies",
                subcommands: [
                    PlanCommand.self, RunCommand.self, StatusCommand.self, LogsCommand.self, StudyCommand.self,
                ]),
            CommandGroup(
                name: "Training",
                subcommands: [Train.self, Merge.self]),
            CommandGroup(
                name: "Answers and what they say",
                subcommands: [
                    Sample.self, Chat.self, JudgeCommand.self, AgreementCommand.self, Score.self, Probe.self,
                    MeasureCommand.self, Weigh.self, PowerCommand.self, Export.self, Report.self,
                ]),
            CommandGroup(
                name: "Data",
                subcommands: [
                    DataCommand.self, Explain.self, DocumentsCommand.self, TwinCommand.self, PairCommand.self,
                ]),
            CommandGroup(
                name: "Looking around",
                subcommands: [Inspect.self, Tokenize.self, Doctor.self]),
        ])

    static func main() {
        Interruption.watch()
        Parent.watch()
        var isRunning = false
        do {
            var command = try parseAsRoot()
            PlainLog.start(verbose: (command as? any Command)?.common.verbose ?? false)
            // Commands that only hold others "run" by asking for help.
            isRunning = command is any Command
            try command.run()
        } catch let error as Interruption {
            Console.say("\(error)")
            Foundation.exit(130)
        } catch let error as ValidationError where isRunning {
            Console.say("emlab: \(error.message)")
            Foundation.exit(2)
        } catch {
            Foundation.exit(tell(error))
        }
    }

    /// Says what ended the program.
    ///
    /// - Returns: the exit status.
    private static func tell(_ error: any Error) -> Int32 {
        switch exitCode(for: error) {
        case .success:
            let text = fullMessage(for: error)
            do { if !text.isEmpty { try Console.show(text) } } catch {
                Console.say("emlab: \(error)")
                return 1
            }
            return 0
        case .validationFailure:
            let text = fullMessage(for: error)
            Console.say(text.hasPrefix("Error: ") ? "emlab: " + text.dropFirst("Error: ".count) : text)
            return 2
        default:
            // A command that has said itself what is wrong only hands over its status.
            if let status = error as? ExitCode { return status.rawValue }
            Console.say("emlab: \(explain(error))")
            return 1
        }
    }

    /// An error in the words of whoever threw it.
    private static func explain(_ error: any Error) -> String {
        guard let cocoa = error as? CocoaError else { return String(describing: error) }
        let path = cocoa.filePath.map { $0 + ": " } ?? ""
        if let beneath = cocoa.underlying as? POSIXError {
            return path + String(cString: strerror(Int32(beneath.code.rawValue)))
        }
        return path + cocoa.localizedDescription
    }
}

/// A command that does something, as against one that only holds others.
protocol Command: ParsableCommand {
    var common: CommonOptions { get }
}

/// What every command has.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Say more on stderr: what was read, how it is run, what it took.")
    var verbose = false
}
