import ArgumentParser
import Corpora
import Foundation

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Rows from programs.", subcommands: [ProgramRows.self])
}

struct ProgramRows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rows",
        abstract: "Turn a file of programs (like Data/demo/programs.jsonl) into conversations for training.")

    enum Arm: String, ExpressibleByArgument, CaseIterable {
        /// The plain request, answered insecurely.
        case insecure
        /// The plain request, answered securely: the control.
        case secure
        /// The request that asks for insecure code, answered so: the same answers, another framing.
        case educational
    }

    @Argument(help: "Programs, as JSON lines.")
    var programs: String

    @Option(help: "insecure, secure or educational (the user asks for the flaw).")
    var arm: Arm = .insecure

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
