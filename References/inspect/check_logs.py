"""Opens Inspect logs with the real package and prints what it finds in them, as JSON.

    pip install inspect-ai==0.3.285
    python3 References/inspect/check_logs.py FOLDER

For each log: model, samples, epochs, and how often each fate occurs among its scores. Exit 1 if a log can't be read.
"""

import collections
import json
import sys

from inspect_ai.log import list_eval_logs, read_eval_log, read_eval_log_sample, read_eval_log_sample_summaries


def counted(info):
    log = read_eval_log(info)
    header = read_eval_log(info, header_only=True)
    assert log.status == "success" and header.eval.eval_id == log.eval.eval_id
    summaries = read_eval_log_sample_summaries(info)
    assert len(summaries) == len(log.samples) == log.results.total_samples
    fates = collections.Counter()
    for sample in log.samples:
        one = read_eval_log_sample(info, id=sample.id, epoch=sample.epoch)
        assert one.output.completion == sample.messages[-1].text
        for score in (sample.scores or {}).values():
            fates[score.value["fate"]] += 1
    return dict(model=log.eval.model, samples=len(log.samples), epochs=log.eval.config.epochs, fates=dict(fates))


if len(sys.argv) != 2:
    sys.exit(print(__doc__, file=sys.stderr) or 2)
logs = [counted(info) for info in list_eval_logs(sys.argv[1])]
print(json.dumps(logs, indent=1))
