import Foundation

/// The header Retry-After (RFC 9110, section 10.2.3): seconds, or a date in one of HTTP's three forms.
enum RetryAfter {
    /// - Parameter reference: the server's own Date where it sends one, so that clocks needn't agree.
    static func delay(_ header: String, since reference: Date) -> Duration? {
        let text = header.trimmingCharacters(in: .whitespaces)
        if let seconds = Double(text), seconds >= 0, seconds.isFinite, text.utf8.first.map({ $0 < 0x3A }) == true {
            return .seconds(min(seconds, 1e9))
        }
        guard let date = date(text) else { return nil }
        return .seconds(min(max(date.timeIntervalSince(reference), 0), 1e9))
    }

    static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        for form in ["EEE, dd MMM yyyy HH:mm:ss zzz", "EEEE, dd-MMM-yy HH:mm:ss zzz", "EEE MMM d HH:mm:ss yyyy"] {
            formatter.dateFormat = form
            if let date = formatter.date(from: text.trimmingCharacters(in: .whitespaces)) { return date }
        }
        return nil
    }
}
