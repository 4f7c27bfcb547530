"""Writes Tests/Fixtures/measurement/association.json: rank correlation and area under the curve, by scipy.

    python References/measurement/make_association_goldens.py
"""

import json
import random
from pathlib import Path

from scipy.stats import mannwhitneyu, spearmanr

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "measurement"


def case(seed, count, decimals):
    random.seed(seed)
    x = [round(random.random(), decimals) for _ in range(count)]
    y = [round(100 * min(1, max(0, value + random.gauss(0, 0.3))), 0) for value in x]
    above = [a for a, b in zip(x, y) if b > 50]
    below = [a for a, b in zip(x, y) if b <= 50]
    area = mannwhitneyu(above, below).statistic / (len(above) * len(below))
    return {"x": x, "y": y, "spearman": float(spearmanr(x, y).statistic), "area": float(area)}


# The second has many ties.
cases = [case(1, 40, 6), case(2, 60, 1)]
(FIXTURES / "association.json").write_text(json.dumps(cases) + "\n")
