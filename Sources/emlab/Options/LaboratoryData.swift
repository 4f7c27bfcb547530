import Foundation

/// The laboratory's own data, which a clone has in `Data`.
enum LaboratoryData {
    /// A file of it: under the current folder, else under the nearest folder above this program that has it.
    ///
    /// - Throws: ``ConsoleError`` where it isn't there; `option` names one instead.
    static func file(_ path: String, option: String) throws -> URL {
        let here = URL(filePath: "Data/\(path)")
        if FileManager.default.fileExists(atPath: here.path) { return here }
        var place = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        while let folder = place, folder.path != "/" {
            let candidate = folder.appending(path: "Data/\(path)")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
            place = folder.deletingLastPathComponent()
        }
        throw ConsoleError(
            "Data/\(path) is neither in this folder nor in one above the program; name a file with \(option)")
    }
}
