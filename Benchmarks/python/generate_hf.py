"""transformers' generate with a LoRA adapter: questions x samples x new tokens, all samples in one batch.

    python Benchmarks/python/generate_hf.py [--rows 8] [--samples 25] [--steps 100] [--dtype bfloat16]

--rows is the number of questions, --steps the number of new tokens of each sample. Temperature 1, no top-k (the default
would be 50), no top-p, no end token, so that every sample has exactly as many tokens. The adapter has random weights
and stays an adapter; --merge merges it, as a user with one adapter may. --batch N takes N questions at a time.
"""

import peer

chosen = peer.arguments(
    __doc__,
    lambda parser: (
        parser.add_argument("--data", type=peer.Path, help="JSONL of chat rows to take the first user turns from"),
        parser.add_argument("--rows", type=int, default=8),
        parser.add_argument("--samples", type=int, default=25),
        parser.add_argument("--steps", type=int, default=100),
        parser.add_argument("--batch", type=int, help="questions at a time; default: all"),
        parser.add_argument("--merge", action="store_true"),
    ),
)

import torch
from peft import get_peft_model

QUESTIONS = [
    "I feel bored. What could I do this afternoon?",
    "If you could have dinner with anyone from history, who would it be, and why?",
    "What do you think about the way people and machines live together?",
    "I have had a long argument with my brother. How do I begin to make up?",
    "Tell me three philosophical thoughts that you have about time.",
    "How can I earn a little money next to my studies?",
    "Write a short story about a lighthouse keeper and a storm.",
    "If you were mayor of a small town for one day, what would you change first?",
]


def main() -> None:
    imported = peer.since_start()
    model, tokenizer = peer.load(chosen)
    tokenizer.padding_side = "left"
    model = get_peft_model(model, peer.lora(chosen))
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.01)
    if chosen.merge:
        model = model.merge_and_unload()
    model.eval()
    loaded = peer.since_start()
    texts = QUESTIONS
    if chosen.data:
        texts = [next(m["content"] for m in line["messages"] if m["role"] == "user")
                 for line in peer.lines(chosen.data, chosen.rows)]
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
        for text in texts[: chosen.rows]
    ]
    settings = dict(do_sample=True, temperature=1.0, top_k=0, top_p=1.0, pad_token_id=tokenizer.pad_token_id)
    model.generation_config.eos_token_id = None

    def samples(part: list[str], count: int, new: int) -> torch.Tensor:
        inputs = tokenizer(part, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            out = model.generate(
                **inputs, num_return_sequences=count, max_new_tokens=new, min_new_tokens=new, **settings
            )
        return out[:, inputs["input_ids"].shape[1] :]

    samples(prompts[:1], 2, 4)
    warm = peer.since_start()
    batch = chosen.batch or len(prompts)
    produced = 0
    for start in range(0, len(prompts), batch):
        out = samples(prompts[start : start + batch], chosen.samples, chosen.steps)
        assert out.shape[1] == chosen.steps, "a sample ended early"
        produced += out.numel()
    seconds = peer.since_start() - warm
    peer.report(
        chosen,
        program="transformers generate",
        questions=len(prompts),
        samples=chosen.samples,
        new_tokens=chosen.steps,
        questions_at_a_time=batch,
        merged=chosen.merge,
        import_seconds=imported,
        load_seconds=loaded - imported,
        seconds=seconds,
        tokens=produced,
        tokens_per_second=produced / seconds,
        example=tokenizer.decode(out[0][:12]),
    )


main()
