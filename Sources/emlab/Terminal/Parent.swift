import Foundation

/// A command that a study started ends cleanly when the study's process is gone, however that went.
enum Parent {
    /// Holds the process id of the study that started this command.
    static let variable = "EMLAB_STUDY"

    static func watch() {
        guard let parent = ProcessInfo.processInfo.environment[variable].flatMap(Int32.init) else { return }
        let thread = Thread {
            while getppid() == parent { Thread.sleep(forTimeInterval: 0.5) }
            kill(getpid(), SIGTERM)
        }
        thread.start()
    }
}
