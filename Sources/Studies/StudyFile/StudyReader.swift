import Corpora
import Endpoints
import Foundation
import Yams

extension Study {
    /// Reads a study with all that it includes.
    ///
    /// - Throws: ``StudyError`` with every mistake found.
    public static func read(_ file: URL) throws -> Study {
        var includes = Includes()
        let node = includes.read(file)
        var reader = StudyReader(file: file, mistakes: includes.mistakes)
        return try reader.study(node)
    }

    /// Reads a study from text; what it includes is looked for beside `file`.
    package static func read(text: String, file: URL) throws -> Study {
        var includes = Includes()
        let node = includes.read(text: text, file: file)
        var reader = StudyReader(file: file, mistakes: includes.mistakes)
        return try reader.study(node)
    }
}

/// From checked values to a study; then what no single key shows is checked.
struct StudyReader {
    let file: URL
    var reader = KeyReader()

    init(file: URL, mistakes: Mistakes) {
        self.file = file
        reader.mistakes = mistakes
    }

    mutating func study(_ node: SourceNode?) throws -> Study {
        guard let node else {
            try reader.mistakes.throwIfAny()
            throw StudyError(mistakes: [])
        }
        let settings = reader.read(node, as: StudyKeys.root, at: "")
        let parts = settings?.object ?? [:]
        let study = Study(
            name: parts["study"]?.text ?? "", about: parts["about"]?.text, file: file,
            device: DeviceProfile(parts["device"] ?? "cpu"), limits: limits(parts["limits"]),
            models: models(parts["models"]), data: data(parts["data"]), endpoints: endpoints(parts["endpoints"]),
            steps: steps(parts["steps"]), claims: claims(parts["claims"]), settings: settings ?? .null,
            places: reader.places)
        checkReferences(among: names(node))
        if settings != nil {
            for mistake in StudyChecks(study: study).mistakes {
                reader.mistakes.note(study.place(mistake.path), mistake.path, mistake.what, mistake.remedy)
            }
        }
        try reader.mistakes.throwIfAny()
        return study
    }

    // MARK: - Parts

    private func limits(_ value: Value?) -> Study.Limits {
        Study.Limits(
            hours: value?["hours"]?.number, money: value?["money"]?.number, requests: value?["requests"]?.whole)
    }

    /// A path of the file that the key stands in.
    private func url(_ path: String, at key: String) -> URL {
        Includes.resolve(path, from: URL(filePath: reader.places[key]?.file ?? file.relativePath))
    }

    private func models(_ value: Value?) -> [String: Study.Model] {
        Dictionary(
            uniqueKeysWithValues: (value?.object ?? [:]).compactMap { name, model in
                guard let path = model["path"]?.text else { return nil }
                let key = "models.\(name)"
                return (
                    name,
                    Study.Model(
                        name: name, location: ModelLocation(path, at: url(path, at: key)),
                        dtype: model["dtype"]?.text ?? "float32", chatFormat: model["chat_format"]?.text,
                        configuration: model["configuration"]?.text.map { url($0, at: key) })
                )
            })
    }

    private func data(_ value: Value?) -> [String: Study.DataFile] {
        Dictionary(
            uniqueKeysWithValues: (value?.object ?? [:]).compactMap { name, data in
                guard let path = data["file"]?.text, let kind = data["kind"]?.text.flatMap(DataKind.init) else {
                    return nil
                }
                return (
                    name,
                    Study.DataFile(
                        name: name, file: url(path, at: "data.\(name)"), kind: kind, sha256: data["sha256"]?.text,
                        rows: data["rows"]?.whole, tokensPerRow: data["tokens_per_row"]?.number,
                        labels: data["labels"]?.number)
                )
            })
    }

    private mutating func endpoints(_ value: Value?) -> [String: Study.Endpoint] {
        var all: [String: Study.Endpoint] = [:]
        for (name, endpoint) in value?.object ?? [:] {
            let key = "endpoints.\(name)"
            guard reader.unread[key] == nil, let path = endpoint["file"]?.text else {
                if let read = description(endpoint, at: key) {
                    all[name] = Study.Endpoint(
                        name: name, file: nil, description: read, fingerprint: Self.fingerprint(read))
                }
                continue
            }
            let file = url(path, at: key)
            guard FileManager.default.fileExists(atPath: file.path) else {
                reader.mistakes.note(
                    reader.places[key] ?? Place(file: path), "\(key).file", "there is no \(file.relativePath)",
                    "paths are relative to the file they stand in")
                continue
            }
            do {
                let read = try EndpointDescription.read(file)
                all[name] = Study.Endpoint(
                    name: name, file: file, description: read, fingerprint: Self.fingerprint(read))
            } catch let error as EndpointConfigurationError {
                for mistake in error.mistakes {
                    let isTold = mistake.path.hasPrefix(file.relativePath)
                    reader.mistakes.note(
                        reader.places[key] ?? Place(file: path), "\(key).file",
                        "\(isTold ? "" : "\(path): ")\(mistake.path): \(mistake.what)", mistake.remedy)
                }
            } catch {
                reader.mistakes.note(
                    reader.places[key] ?? Place(file: path), "\(key).file", "no endpoint can be read from it: \(error)",
                    "give base_url and model, or kind: local and model")
            }
        }
        return all
    }

    private mutating func description(_ value: Value, at key: String) -> EndpointDescription? {
        let folder = URL(filePath: reader.places[key]?.file ?? file.relativePath).deletingLastPathComponent()
        do {
            return try JSONDecoder().decode(EndpointDescription.self, from: JSONEncoder().encode(value))
                .resolved(in: folder)
        } catch let error as EndpointConfigurationError {
            for mistake in error.mistakes {
                reader.mistakes.note(
                    reader.places[key] ?? Place(file: file.relativePath), "\(key).\(mistake.path)", mistake.what,
                    mistake.remedy)
            }
        } catch {
            reader.mistakes.note(
                reader.places[key] ?? Place(file: file.relativePath), key, "no endpoint can be read from this",
                "give base_url and model, kind: local and model, or a file")
        }
        return nil
    }

    /// What an endpoint may spend, how often it is asked and where its key lies don't change its answers.
    private static func fingerprint(_ description: EndpointDescription) -> String {
        guard case .openai(let configuration) = description else { return local(description) }
        let extra = (try? JSONEncoder().encode(configuration.extra)).flatMap {
            try? JSONDecoder().decode(Value.self, from: $0)
        }
        return CanonicalJSON.hash([
            "base_url": .text(configuration.baseURL), "model": .text(configuration.model), "extra": extra ?? .null,
            "structured_output": .text(configuration.structuredOutput.rawValue),
            "top_logprobs": .whole(configuration.topLogprobs),
        ])
    }

    /// A model on this machine is what lies at its path.
    private static func local(_ description: EndpointDescription) -> String {
        guard case .local(let configuration) = description else { return "" }
        func place(_ path: String) -> Value { .text(URL(filePath: path).standardizedFileURL.path) }
        return CanonicalJSON.hash([
            "kind": "local", "model": place(configuration.model),
            "adapter": configuration.adapter.map(place) ?? .null, "dtype": .text(configuration.dtype.rawValue),
            "chat_format": configuration.chatFormat.map(Value.text) ?? .null,
        ])
    }

    private mutating func steps(_ value: Value?) -> [Study.Step] {
        (reader.order["steps"] ?? []).compactMap { name in
            guard let settings = value?[name]?.object, let kind = settings["kind"]?.text.flatMap(StepKind.init) else {
                return nil
            }
            let path = "steps.\(name)"
            let keys = StepKeys.settings(kind)
            var sweeps = SweepReader(kind: kind, path: path)
            let sweep = sweeps.read(
                settings, given: Set(keys.map(\.name).filter { reader.places["\(path).\($0)"] != nil }))
            for mistake in sweeps.mistakes {
                reader.mistakes.note(
                    reader.places[mistake.path] ?? reader.places[path] ?? Place(file: file.relativePath), mistake.path,
                    mistake.what, mistake.remedy)
            }
            let own = settings.filter { entry in
                keys.contains { $0.name == entry.key } && !sweep.names.contains(entry.key)
            }
            return Study.Step(name: name, kind: kind, settings: own, sweep: sweep)
        }
    }

    private func claims(_ value: Value?) -> [Study.Claim] {
        (reader.order["claims"] ?? []).compactMap { name in
            value?[name]?.object.map { Study.Claim(name: name, settings: $0) }
        }
    }

    // MARK: - Names

    /// What each name is, whether or not it could be read.
    private func names(_ node: SourceNode) -> [String: [Shape.Section]] {
        guard case .mapping(let members) = node.content else { return [:] }
        var names: [String: [Shape.Section]] = [:]
        for member in members {
            guard case .mapping(let entries) = member.node.content else { continue }
            for entry in entries {
                switch member.name {
                case "models": names[entry.name, default: []].append(.models)
                case "data": names[entry.name, default: []].append(.data)
                case "endpoints": names[entry.name, default: []].append(.endpoints)
                case "steps": names[entry.name, default: []].append(.steps(kinds(of: entry.node)))
                default: break
                }
            }
        }
        return names
    }

    private func kinds(of node: SourceNode) -> [StepKind] {
        guard case .mapping(let members) = node.content,
            case .scalar(let value)? = members.first(where: { $0.name == "kind" })?.node.content,
            let kind = value.text.flatMap(StepKind.init)
        else { return StepKind.written }
        return [kind]
    }

    private mutating func checkReferences(among names: [String: [Shape.Section]]) {
        for reference in reader.references {
            let wanted = reference.sections
            let found = names[reference.name] ?? []
            if found.contains(where: { $0.fits(wanted) }) { continue }
            let words = wanted.map(\.words).joined(separator: " or ")
            if let other = found.first {
                reader.mistakes.note(
                    reference.place, reference.path, "\(quoted(reference.name)) is \(other.words)", "name \(words)")
                continue
            }
            let fitting = names.filter { $0.value.contains { $0.fits(wanted) } }.keys.sorted()
            let meant = nearestName(to: reference.name, among: fitting).map { "did you mean \($0)?" }
            let known = fitting.isEmpty ? "the study has none yet" : "there are \(fitting.joined(separator: ", "))"
            reader.mistakes.note(
                reference.place, reference.path, "there is no \(quoted(reference.name)); \(words) is needed",
                meant ?? known)
        }
    }
}

extension Shape.Section {
    func fits(_ wanted: [Shape.Section]) -> Bool {
        wanted.contains { section in
            switch (section, self) {
            case (.models, .models), (.data, .data), (.endpoints, .endpoints): true
            case (.steps(let wanted), .steps(let own)): own.contains(where: wanted.contains)
            default: false
            }
        }
    }
}
