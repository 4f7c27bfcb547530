/// What the splitting patterns ask about a Unicode scalar, and how to step through UTF-8.
///
/// Classes follow the general category; `space` is White_Space, as Oniguruma's `\s`.
struct ScalarClass: OptionSet, Sendable {
    let rawValue: UInt8

    static let letter = ScalarClass(rawValue: 1)
    static let number = ScalarClass(rawValue: 2)
    static let space = ScalarClass(rawValue: 4)
    static let mark = ScalarClass(rawValue: 8)
    /// Lu and Lt.
    static let upper = ScalarClass(rawValue: 16)
    /// Ll.
    static let lower = ScalarClass(rawValue: 32)

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ scalar: Unicode.Scalar) {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .titlecaseLetter: self = [.letter, .upper]
        case .lowercaseLetter: self = [.letter, .lower]
        case .modifierLetter, .otherLetter: self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        case .nonspacingMark, .spacingMark, .enclosingMark: self = .mark
        default: self = scalar.properties.isWhitespace ? .space : []
        }
    }
}

/// UTF-8 that is known to be valid, scalar by scalar.
enum Scalars {
    /// Classes of the first two planes, made once; the rest is asked from the standard library.
    private static let classes: [UInt8] = (UInt32(0)..<0x20000).map { code in
        Unicode.Scalar(code).map { ScalarClass($0).rawValue } ?? 0
    }

    @inline(__always)
    static func length(lead: UInt8) -> Int {
        lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    }

    /// A view that knows where the text ends.
    struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        let end: Int
        private let classes: UnsafeBufferPointer<UInt8>

        fileprivate init(bytes: UnsafeBufferPointer<UInt8>, classes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
            self.end = bytes.count
            self.classes = classes
        }

        @inline(__always)
        func scalar(at position: Int) -> (code: UInt32, length: Int) {
            let lead = bytes[position]
            if lead < 0x80 { return (UInt32(lead), 1) }
            let length = Scalars.length(lead: lead)
            guard position + length <= end else { return (0xFFFD, end - position) }
            var code = UInt32(lead) & (0x7F >> UInt32(length))
            for index in 1..<length { code = code << 6 | UInt32(bytes[position + index] & 0x3F) }
            return (code, length)
        }

        @inline(__always)
        func scalarClass(at position: Int) -> (class: ScalarClass, length: Int) {
            let lead = bytes[position]
            if lead < 0x80 { return (ScalarClass(rawValue: classes[Int(lead)]), 1) }
            let (code, length) = scalar(at: position)
            if code < 0x20000 { return (ScalarClass(rawValue: classes[Int(code)]), length) }
            return (Unicode.Scalar(code).map { ScalarClass($0) } ?? [], length)
        }

        /// The end of the run of scalars from `position` for which `holds`.
        @inline(__always)
        func run(from position: Int, while holds: (ScalarClass) -> Bool) -> Int {
            var position = position
            while position < end {
                let (scalarClass, length) = scalarClass(at: position)
                if !holds(scalarClass) { break }
                position += length
            }
            return position
        }
    }

    static func read<Result>(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Reader) -> Result) -> Result {
        classes.withUnsafeBufferPointer { body(Reader(bytes: bytes, classes: $0)) }
    }
}
