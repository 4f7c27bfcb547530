import Foundation

/// Unicode normalization form C.
///
/// Foundation composes everything but Hangul: swift-foundation makes U+FFFD of old jamo next to modern ones. So stretches
/// of Hangul are composed here (Unicode 3.12, "Conjoining Jamo Behavior"); no other character composes with Hangul.
enum CanonicalComposition {
    static func composed(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.contains(where: isJamo) else { return text.precomposedStringWithCanonicalMapping }
        var composed = String.UnicodeScalarView()
        var start = 0
        while start < scalars.count {
            let isHangulRun = isHangul(scalars[start])
            var end = start
            while end < scalars.count, isHangul(scalars[end]) == isHangulRun { end += 1 }
            if isHangulRun {
                composed.append(contentsOf: composedHangul(scalars[start..<end]))
            } else {
                var run = String.UnicodeScalarView()
                run.append(contentsOf: scalars[start..<end])
                composed.append(contentsOf: String(run).precomposedStringWithCanonicalMapping.unicodeScalars)
            }
            start = end
        }
        return String(composed)
    }

    private static let firstLead: UInt32 = 0x1100
    private static let firstVowel: UInt32 = 0x1161
    /// One before the first trailing consonant: no trailing consonant counts as one of the 28.
    private static let noTrail: UInt32 = 0x11A7
    private static let firstSyllable: UInt32 = 0xAC00

    private static func isJamo(_ scalar: Unicode.Scalar) -> Bool {
        (0x1100...0x11FF).contains(scalar.value)
    }

    private static func isHangul(_ scalar: Unicode.Scalar) -> Bool {
        isJamo(scalar) || (firstSyllable..<firstSyllable + 11_172).contains(scalar.value)
    }

    private static func composedHangul(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
        var composed: [Unicode.Scalar] = []
        for scalar in scalars {
            if let last = composed.last, let joined = join(last.value, scalar.value),
                let syllable = Unicode.Scalar(joined)
            {
                composed[composed.count - 1] = syllable
            } else {
                composed.append(scalar)
            }
        }
        return composed
    }

    private static func join(_ left: UInt32, _ right: UInt32) -> UInt32? {
        if (firstLead..<firstLead + 19).contains(left), (firstVowel..<firstVowel + 21).contains(right) {
            return firstSyllable + ((left - firstLead) * 21 + right - firstVowel) * 28
        }
        let isOpenSyllable =
            (firstSyllable..<firstSyllable + 11_172).contains(left) && (left - firstSyllable) % 28 == 0
        if isOpenSyllable, (noTrail + 1..<noTrail + 28).contains(right) { return left + right - noTrail }
        return nil
    }
}
