@_spi(_Unicode) import Swift

/// Unicode normalization form C, as the standard library makes it to compare strings.
///
/// Not Foundation's `precomposedStringWithCanonicalMapping`: on Linux that takes a scalar beyond U+FFFF for the one with
/// the same lower 16 bits (U+10041 with an acute becomes "Á"), and makes U+FFFD of some old Hangul. Hugging Face's form C
/// is of Unicode 13: it orders some 50 rare marks newer than that differently.
enum CanonicalComposition {
    static func composed(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text._nfc)
        return String(scalars)
    }
}
