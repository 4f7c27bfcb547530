/// One attempt that brought no answer: the error if it was the last, and what to do otherwise.
struct FailedAttempt: Error {
    var error: EndpointError
    /// Another attempt may fare better.
    var mayPass = true
    var retryAfter: Duration?
    /// The server is overloaded: others should wait, too.
    var stopsOthers = false
}

extension FailedAttempt {
    init(_ failure: Transport.Failure, at configuration: EndpointConfiguration) {
        let (reason, remedy, mayPass): (EndpointError.Reason, String, Bool) =
            switch failure.kind {
            case .noConnection: (.connection, "check base_url, the network, and that the server runs", true)
            case .broken: (.connection, "the network or the server is unsteady: try again later", true)
            case .tooLarge: (.malformedReply, "raise max_reply_bytes, or ask for less", false)
            case .unusable: (.closed, "this endpoint can't be used any more", false)
            }
        self.init(
            error: EndpointError(reason, place: configuration.place, what: failure.what, remedy: remedy),
            mayPass: mayPass)
    }

    /// Time-outs, too many requests, and what is wrong with the server rather than with the request.
    static func mayPass(_ status: Int) -> Bool {
        switch status {
        case 408, 409, 425, 429: true
        case 501, 505: false
        default: (500..<600).contains(status)
        }
    }

    static func remedy(status: Int, keyVariable: String?) -> String {
        switch status {
        case 400, 422: "the server doesn't take the request: check model, token_limit_field and what it supports"
        case 401, 403:
            keyVariable.map { "check the key in \($0)" } ?? "the server wants a key: name its variable in key_variable"
        case 402: "the account has no money left"
        case 404: "check base_url and model"
        case 413: "the request is too long for this server"
        case 429: "lower concurrency or requests_per_minute"
        case 500..<600: "the server is in trouble: try again later"
        default: "see the server's documentation"
        }
    }
}
