import Endpoints
import Testing

@Suite("JSON in an answer") struct EmbeddedJSONTests {
    @Test(
        "is found",
        arguments: [
            #"{"score": 85}"#, "  {\"score\":85}\n", "```json\n{\"score\": 85}\n```",
            "Here it is:\n\n```\n{\"score\": 85}\n```\nI hope that helps {truly}.",
            "```json\n{\"score\": 85}", "The score is {\"score\": 85}, since {x} is y.",
            "I write {braces} first, then {\"score\": 85}", "{'score': 85}", "{\"score\": 85,}",
            "// my view\n{\"score\": 85 /* high */}", "{score: 85}", "  ```json\n  {\n  \"score\": 85\n  }\n  ```",
            "A { that never closes, then {\"score\": 85}",
            "```python\nprint({1: 2}[1])\n```\n```json\n{\"score\":85}\n```",
        ]) func found(text: String)
    {
        #expect(EmbeddedJSON.object(in: text) == ["score": 85])
    }

    @Test("may hold braces, quotes and fences in its texts") func nested() {
        #expect(
            EmbeddedJSON.object(in: #"So: {"a": {"b": "} \" {"}, "c": [{}]} end"#) == [
                "a": ["b": "} \" {"], "c": [[:]],
            ])
    }

    @Test(
        "isn't made up",
        arguments: [
            "", "85", "[1, 2]", "no", "{", "}{", "{\"a\": ", "{\"a\": Infinity}", "{\"a\": NaN}", "{a b}",
        ]) func notFound(text: String)
    {
        #expect(EmbeddedJSON.object(in: text) == nil)
    }

    @Test("is looked for in bounded time and depth") func bounded() {
        let start = ContinuousClock.now
        for text in [
            String(repeating: "{", count: 1_000_000), String(repeating: "{\"a\":", count: 200_000),
            String(repeating: "{'a\"':[", count: 140_000), String(repeating: "```\n", count: 250_000),
            String(repeating: "{}", count: 500_000) + "x", String(repeating: "{\"", count: 3_000_000),
            String(repeating: "{a}", count: 300_000),
        ] {
            _ = EmbeddedJSON.object(in: text)
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
