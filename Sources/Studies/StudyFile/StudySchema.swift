/// The JSON Schema (draft 2020-12) of a study file, for editors: generated from the description that files are read by.
public enum StudySchema {
    public static var schema: Value {
        var schema = schema(of: StudyKeys.root)
        if case .object(var members) = schema {
            members["$schema"] = "https://json-schema.org/draft/2020-12/schema"
            members["title"] = "A study of emlab"
            schema = .object(members)
        }
        return schema
    }

    static func schema(of shape: Shape) -> Value {
        switch shape {
        case .text, .path, .name: return ["type": ["string", "number", "boolean"]]
        case .whole(let range):
            var members: [String: Value] = ["type": "integer", "minimum": .whole(range.lowerBound)]
            if range.upperBound != .max { members["maximum"] = .whole(range.upperBound) }
            return .object(members)
        case .number(let range, let above):
            return [
                "type": "number", above ? "exclusiveMinimum" : "minimum": .number(range.lowerBound),
                "maximum": .number(range.upperBound),
            ]
        case .flag: return ["type": "boolean"]
        case .choice(let names): return ["enum": .list(names.map(Value.text))]
        case .list(let element, let least):
            return ["type": "array", "items": schema(of: element), "minItems": .whole(least)]
        case .mapping(let keys): return object(keys)
        case .named(let element):
            return ["type": ["object", "null"], "additionalProperties": schema(of: element)]
        case .either(let shapes): return ["anyOf": .list(shapes.map(schema))]
        case .kinds(let kinds):
            return [
                "type": "object", "required": ["kind"],
                "properties": ["kind": ["enum": .list(kinds.map { .text($0.rawValue) })]],
                "allOf": .list(
                    kinds.map { kind in
                        [
                            "if": ["properties": ["kind": ["const": .text(kind.rawValue)]]],
                            "then": object(StepKeys.all(kind)),
                        ]
                    }),
            ]
        case .anything: return [:]
        }
    }

    private static func object(_ keys: [Key]) -> Value {
        var properties: [String: Value] = [:]
        for key in keys {
            guard case .object(var members) = schema(of: key.shape) else { continue }
            members["description"] = .text(key.about)
            if let standard = key.standard { members["default"] = standard }
            properties[key.name] = .object(members)
        }
        var members: [String: Value] = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        let required = keys.filter(\.isRequired).map { Value.text($0.name) }
        if !required.isEmpty { members["required"] = .list(required) }
        return .object(members)
    }
}
