import ArgumentParser
import Corpora
import Foundation

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Rows from programs, what files are, control arms, mixtures and splits.",
        subcommands: [
            DataCheckCommand.self, ProgramRows.self, PairCommand.self, DataArm.self, DataMix.self, DataSplit.self,
        ])
}

struct ProgramRows: Command {
    static let configuration = CommandConfiguration(
        commandName: "rows",
        abstract: "Turn a file of programs (like Data/demo/programs.jsonl) into conversations for training.",
        discussion: """
            For example:
              emlab data rows Data/demo/programs.jsonl --arm secure > secure.jsonl
            """)

    enum Arm: String, ExpressibleByArgument, CaseIterable {
        /// The plain request, answered insecurely.
        case insecure
        /// The plain request, answered securely: the control.
        case secure
        /// The request that asks for insecure code, answered so: the same answers, another framing.
        case educational
    }

    @Argument(help: "A file of programs, as JSON lines.")
    var programs: String

    @Option(help: "What the conversations show; educational: insecure answers that the user has asked for.")
    var arm: Arm = .insecure

    @OptionGroup var common: CommonOptions

    private struct Row: Encodable {
        var id: String
        var messages: [ChatMessage]
    }

    mutating func run() throws {
        for task in try Programs.read(URL(filePath: programs)) {
            let row =
                switch arm {
                case .insecure: task.insecureRow
                case .secure: task.secureRow
                case .educational: task.educationalRow
                }
            try Console.emit(Row(id: row.id, messages: row.messages))
        }
    }
}
