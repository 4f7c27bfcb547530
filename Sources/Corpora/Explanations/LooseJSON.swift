import Foundation

/// All JSON objects of a text that aren't inside of one another, parsed with the usual slips of models mended: commas
/// before a closing bracket, raw line feeds and tabs inside of texts.
func jsonObjects(_ text: String) -> [[String: Any]] {
    let bytes = Array(text.utf8)
    var objects: [[String: Any]] = []
    var start = 0
    // An opening bracket that nothing closes costs one pass; so many are no reply.
    var failures = 0
    while start < bytes.count, failures < 50 {
        guard bytes[start] == 0x7B else {
            start += 1
            continue
        }
        guard let (mended, end) = mendedObject(bytes, from: start),
            JSONLines.nestingDepth(mended) <= JSONLines.depthLimit,
            let value = try? JSONSerialization.jsonObject(with: mended), let object = value as? [String: Any]
        else {
            failures += 1
            start += 1
            continue
        }
        objects.append(object)
        start = end
    }
    return objects
}

/// The object that begins here up to its closing bracket, mended; nil if it doesn't close.
private func mendedObject(_ bytes: [UInt8], from start: Int) -> (Data, end: Int)? {
    var out = Data()
    var (depth, inText, escaped) = (0, false, false)
    for place in start..<bytes.count {
        let byte = bytes[place]
        if inText {
            if escaped {
                escaped = false
            } else if byte == 0x5C {
                escaped = true
            } else if byte == 0x22 {
                inText = false
            } else if byte < 0x20 {
                switch byte {
                case 0x0A: out.append(contentsOf: [0x5C, 0x6E])
                case 0x09: out.append(contentsOf: [0x5C, 0x74])
                default: break
                }
                continue
            }
            out.append(byte)
            continue
        }
        switch byte {
        case 0x22: inText = true
        case 0x7B, 0x5B: depth += 1
        case 0x7D, 0x5D:
            depth -= 1
            if let last = out.lastIndex(where: { $0 > 0x20 }), out[last] == 0x2C { out.remove(at: last) }
        default: break
        }
        out.append(byte)
        if depth == 0 { return (out, place + 1) }
    }
    return nil
}
